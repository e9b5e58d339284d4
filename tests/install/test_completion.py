"""The completion script in a real bash: what it offers for half-typed lines."""
import os
import re
import shutil
import unittest

from support import InstalledTest, run

# Calls the completion as bash does for the words in "$@", the last of which is half typed.
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_coppice "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@unittest.skipIf(shutil.which("bash") is None, "no bash")
class Completion(InstalledTest):
    def complete(self, *words):
        script = self.find("share/bash-completion/completions/coppice")
        return run("bash", "-c", COMPLETE, "bash", script, self.find("bin/coppice"), *words,
                   folder=self.work).split()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = os.path.join(cls.root, "work")
        os.makedirs(os.path.join(cls.work, "folder"))
        for name in ("points.csv", "points.ply", "other.csv"):
            with open(os.path.join(cls.work, name), "w"):
                pass

    def test_it_is_registered_for_the_tool(self):
        script = self.find("share/bash-completion/completions/coppice")
        self.assertIn("-F _coppice coppice", run("bash", "-c", 'source "$1"; complete -p coppice', "bash", script))

    def test_every_subcommand_and_option_is_offered(self):
        tool = self.find("bin/coppice")
        commands = re.findall(r"^  ([a-z-]+) ", run(tool, "--help").split("Subcommands:\n")[1].split("\n\n")[0],
                              re.MULTILINE)
        self.assertIn("knn", commands)
        self.assertEqual(self.complete(""), commands)
        for command in commands:
            columns = [line.split("   ")[0] for line in run(tool, command, "--help").splitlines()]
            options = {option for column in columns if column.startswith("  -")
                       for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", column)}
            self.assertEqual(set(self.complete(command, "-")), options | {"--json", "--threads", "--seed"}, command)

    def test_names(self):
        self.assertEqual(self.complete("kn"), ["knn"])
        self.assertEqual(self.complete("--threads", "4", "chu"), ["churn"])
        self.assertEqual(self.complete("knn", "points.csv", "--index", ""),
                         ["kd", "kdmap", "octree", "multiway", "graph", "brute"])
        self.assertEqual(self.complete("knn", "--index", "=", "b"), ["brute"])
        self.assertEqual(self.complete("knn", "--metric", "l"), ["l2", "l1", "linf"])
        self.assertEqual(self.complete("churn", "--balance", "avl-"), [f"avl-{delta}" for delta in range(2, 9)])
        self.assertEqual(self.complete("knn", "--balance", "r"), ["red-black"])

    def test_files(self):
        self.assertEqual(sorted(self.complete("knn", "po")), ["points.csv", "points.ply"])
        self.assertEqual(sorted(self.complete("knn", "points.csv", "--queries", "o")), ["other.csv"])
        self.assertEqual(self.complete("stream", "--out", ""), ["folder"])
        self.assertEqual(self.complete("knn", "-k", ""), [])

"""info, churn, help texts and the terminal's manners."""
import json
import os
import pty
import re
import subprocess
import unittest

from support import DATA, TOOL, ToolTest, csv_text, grid_points, npy_bytes

SUBCOMMANDS = ("info", "convert", "knn", "within", "box", "neighbors", "downsample", "stream", "churn")


class Info(ToolTest):
    def test_point_file(self):
        self.write("p.csv", "id;x;y\n4;1;2\n9;-1;2.5\n5;1;2\n6;1;2\n")
        info = self.ok_json("info", "p.csv")
        self.assertEqual(
            {key: info[key] for key in ("format", "ids", "points", "dimension", "scalar", "duplicates", "columns",
                                        "lower", "upper")},
            {"format": "csv", "ids": "column id", "points": 4, "dimension": 2, "scalar": "float64", "duplicates": 2,
             "columns": ["x", "y"], "lower": [-1, 2], "upper": [1, 2.5]})
        text = self.ok("info", "p.csv")
        for line in ("format      csv", "points      4", "duplicates  2", "axis x      -1 … 1", "axis y      2 … 2.5"):
            self.assertIn(line + "\n", text)

    def test_float32(self):
        self.write("p.npy", npy_bytes([[0.0, -0.0], [-0.0, 0.0], [1.5, 2.0]], "<f4"))
        info = self.ok_json("info", "p.npy")
        self.assertEqual((info["scalar"], info["duplicates"], info["ids"]), ("float32", 1, "rows"))

    @unittest.skipUnless(os.path.isdir(DATA), "no real data")
    def test_real_files(self):
        for name, points, dimension, duplicates in (("uci_skin-segmentation/X.f32.npy", 245057, 3, 193624),
                                                    ("mesh_sponza/sponza.verts.f32.npy", 153635, 3, 135)):
            path = os.path.join(DATA, name)
            if os.path.exists(path):
                info = self.ok_json("info", path)
                self.assertEqual((info["points"], info["dimension"], info["duplicates"]),
                                 (points, dimension, duplicates))


class Churn(ToolTest):
    def test_agrees_and_repeats(self):
        self.write("p.npy", npy_bytes(grid_points(400, 3, seed=2), "<f8"))
        self.write("p32.npy", npy_bytes(grid_points(400, 2, seed=3), "<f4"))
        self.write("same.csv", "1,1\n" * 50)
        for arguments in (["p.npy"], ["p32.npy"], ["p.npy", "--index", "brute"], ["p32.npy", "--balance", "avl"],
                          ["p.npy", "--balance", "red-black"], ["p32.npy", "--balance", "weight", "--double"],
                          ["p.npy", "--periodic", "8,8,0"], ["same.csv"], ["p.npy", "--index", "kdmap"],
                          ["same.csv", "--index", "kdmap", "--balance", "avl-3"]):
            command = ["churn", *arguments, "--ops", 1500, "--check-every", 200, "--seed", 8]
            report = self.ok_json(*command)
            with self.subTest(arguments):
                self.assertEqual((report["operations"], report["mismatches"], report["validations"],
                                  report["content_checks"]), (1500, 0, 8, 8))
                self.assertEqual(report["seed"], command[-1])
                for group in ("changes", "queries"):
                    for name, counts in report[group].items():
                        self.assertGreater(counts["operations"], 0, name)
                again = self.ok_json(*command, "--threads", 2)
                self.assertEqual({**report, "seconds": 0}, {**again, "seconds": 0})
                other = self.ok_json(*command[:-1], 77)
                self.assertNotEqual(report["queries"], other["queries"])
        self.assertIn("0 mismatches", self.ok("churn", "same.csv", "--ops", 100))

    def test_high_dimension(self):
        self.write("wide.npy", npy_bytes(grid_points(150, 40, seed=4), "<f4"))
        self.assertEqual(self.ok_json("churn", "wide.npy", "--ops", 400)["mismatches"], 0)


class Help(ToolTest):
    def test_lists_and_version(self):
        text = self.ok("--help")
        for name in SUBCOMMANDS:
            self.assertRegex(text, rf"(?m)^  {name} ")
        self.assertRegex(self.ok("--version"), r"\Acoppice \d+\.\d+\.\d+\n\Z")

    def test_examples_work_as_typed(self):
        for name in ("", *SUBCOMMANDS):
            text = self.ok(*([name] if name else []), "--help")
            found = re.search(r"(?m)^Examples?:\n((?:  .+\n)+)", text + "\n")
            self.assertIsNotNone(found, name or "coppice")
            if name == "stream":  # its example is the main job: minutes, not milliseconds
                continue
            for line in found.group(1).splitlines():
                done = subprocess.run(line.strip(), shell=True, cwd=self.directory, capture_output=True, text=True,
                                      env={**os.environ, "PATH": os.path.dirname(TOOL) + ":" + os.environ["PATH"]})
                self.assertEqual((done.returncode, done.stderr), (0, ""), line)
                self.assertNotEqual(done.stdout, "", line)


class Terminal(ToolTest):
    def error_on_a_terminal(self, **environment):
        leader, follower = pty.openpty()
        subprocess.run([TOOL, "knn"], cwd=self.directory, stdout=subprocess.DEVNULL, stderr=follower,
                       env={**os.environ, **environment})
        os.close(follower)
        text = os.read(leader, 4096).decode()
        os.close(leader)
        return text

    def test_color(self):
        self.assertIn("\x1b[", self.error_on_a_terminal(NO_COLOR=""))
        self.assertNotIn("\x1b[", self.error_on_a_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.run_tool("knn").stderr)


if __name__ == "__main__":
    unittest.main()

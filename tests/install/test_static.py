"""The installation of the build tree as it is: what lies where, and a stranger's project against it."""
import os
import re
import shutil

from support import BUILD, CMAKE, HERE, HOW, SOURCE, InstalledTest, cache, run

SHARED = cache("BUILD_SHARED_LIBS").upper() in ("ON", "1", "TRUE", "YES")


class Installation(InstalledTest):
    def test_every_public_header_is_installed(self):
        def headers(folder):
            return sorted(os.path.relpath(os.path.join(at, name), folder)
                          for at, _, names in os.walk(folder) for name in names)
        self.assertEqual(headers(os.path.join(self.prefix, "include")), headers(os.path.join(SOURCE, "include")))

    def test_everything_else_has_its_place(self):
        for pattern in ("lib*/**/libcoppice." + ("so" if SHARED else "a"), "lib*/**/cmake/coppice/coppiceConfig.cmake",
                        "lib*/**/cmake/coppice/coppiceConfigVersion.cmake",
                        "lib*/**/cmake/coppice/coppiceTargets.cmake", "lib*/**/pkgconfig/coppice.pc", "bin/coppice",
                        "share/man/man1/coppice.1", "share/bash-completion/completions/coppice",
                        "share/doc/coppice/LICENSE", "share/doc/coppice/CHANGELOG.md"):
            self.find(pattern)

    def test_nothing_names_the_build_or_the_first_prefix(self):
        for at, _, names in os.walk(self.prefix):
            for name in names:
                if name.endswith((".cmake", ".pc", ".1", ".hpp")) or at.endswith("completions"):
                    with open(os.path.join(at, name), encoding="utf-8") as file:
                        text = file.read()
                    for path in (SOURCE + "/", BUILD + "/", os.path.join(self.root, "first")):
                        self.assertNotIn(path, text, name)

    def test_the_tool_runs(self):
        self.assertEqual(run(self.find("bin/coppice"), "--version"), f"coppice {cache('CMAKE_PROJECT_VERSION')}\n")

    def test_find_package(self):
        self.build_and_run_with_cmake("cmake")

    def test_another_version_is_refused(self):
        major, minor, _ = map(int, cache("CMAKE_PROJECT_VERSION").split("."))
        said = run(CMAKE, "-S", os.path.join(HERE, "consumer"), "-B", self.folder("wanted"), *HOW,
                   f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCOPPICE_WANTED={major}.{minor + 1}", code=1)
        self.assertRegex(re.sub(r"\s+", " ", said), r'compatible with requested version "%d\.%d"' % (major, minor + 1))

    def test_pkg_config(self):
        libraries = {"LD_LIBRARY_PATH": os.path.dirname(self.find("lib*/**/libcoppice.so"))} if SHARED else None
        self.build_and_run_with_pkg_config("pkg_config", *([] if SHARED else ["--static"]), environment=libraries)

    def test_the_guide(self):
        """The project and the command of docs/guide/install.md, as typed."""
        with open(os.path.join(SOURCE, "docs", "guide", "install.md"), encoding="utf-8") as file:
            guide = file.read()
        folder = self.folder("guide")
        shutil.copy(os.path.join(HERE, "consumer", "main.cpp"), folder)
        with open(os.path.join(folder, "CMakeLists.txt"), "w") as file:
            file.write(guide.split("```cmake\n")[1].split("```")[0])
        run(CMAKE, "-S", folder, "-B", os.path.join(folder, "build"), *HOW, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run(CMAKE, "--build", os.path.join(folder, "build"))
        run(os.path.join(folder, "build", "stranger"))
        if shutil.which("pkg-config") and shutil.which("g++") and not SHARED:
            command = re.search(r"(?m)^g\+\+ .*$", guide)[0]
            run("bash", "-c", command, folder=folder,
                environment={"PKG_CONFIG_PATH": os.path.dirname(self.find("**/coppice.pc"))})
            run(os.path.join(folder, "stranger"))

    def test_in_tree(self):
        folder = self.folder("in_tree")
        run(CMAKE, "-S", os.path.join(HERE, "consumer"), "-B", folder, *HOW, f"-DCOPPICE_SOURCE={SOURCE}")
        with open(os.path.join(folder, "coppice", "cmake_install.cmake")) as file:
            self.assertNotIn("coppice.pc", file.read())  # a project inside another installs nothing of its own accord


class ManualPage(InstalledTest):
    def setUp(self):
        with open(self.find("share/man/man1/coppice.1"), encoding="utf-8") as file:
            self.page = file.read()
        self.help = run(self.find("bin/coppice"), "--help")

    def test_it_is_well_formed(self):
        if shutil.which("man") is None or shutil.which("groff") is None:
            self.skipTest("no man or no groff")
        text = run("man", "--warnings", "-l", self.find("share/man/man1/coppice.1"),
                   environment={"MANPAGER": "cat", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
        self.assertNotIn("warning", text)
        self.assertIn("EXIT STATUS", text)

    def test_it_lists_what_the_help_lists(self):
        commands = self.help.split("Subcommands:\n")[1].split("\n\n")[0]
        plain = self.page.replace("\\-", "-")
        for name in re.findall(r"^  ([a-z-]+) ", commands, re.MULTILINE):
            self.assertTrue(re.search(rf"(?m)^\.BI? \"?{name}\b", plain), f"docs/man/coppice.1 lacks {name}")
        options = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", self.help, re.MULTILINE)
        formats = re.findall(r" (\.[a-z]+)\b", self.help.split("Points are read from")[1].split("files.")[0])
        self.assertIn("--json", options)
        self.assertIn(".ply", formats)
        for word in options + formats:
            self.assertTrue(re.search(rf"(?<!\w){re.escape(word)}\b", plain), f"docs/man/coppice.1 lacks {word}")

    def test_its_version_is_that_of_the_project(self):
        self.assertIn(f'"coppice {cache("CMAKE_PROJECT_VERSION")}"', self.page)

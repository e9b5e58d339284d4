"""What the tests of the installation share: the build's settings, running a program, an installed and moved tree."""
import glob
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ["COPPICE_BUILD"]


def cache(name):
    """A setting of the build tree."""
    with open(os.path.join(BUILD, "CMakeCache.txt")) as file:
        for line in file:
            if line.startswith(name + ":"):
                return line.rstrip("\n").split("=", 1)[1]
    return ""


CMAKE = cache("CMAKE_COMMAND")
COMPILER = cache("CMAKE_CXX_COMPILER")
HOW = ["-G", cache("CMAKE_GENERATOR"), f"-DCMAKE_CXX_COMPILER={COMPILER}"]


def run(*command, folder=None, environment=None, code=0):
    """Standard output of a command that must end with `code`; otherwise everything it said becomes the failure."""
    done = subprocess.run([str(word) for word in command], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
    if (done.returncode == 0) != (code == 0):
        raise AssertionError(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


class InstalledTest(unittest.TestCase):
    """A class of tests over one installation of the build tree `build`, moved after it was made."""

    build = BUILD

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="coppice-install-")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        first, cls.prefix = os.path.join(cls.root, "first"), os.path.join(cls.root, "moved")
        run(CMAKE, "--install", cls.build, "--prefix", first)
        os.rename(first, cls.prefix)

    def find(self, pattern):
        """The one installed file that the pattern names; libraries lie in lib, lib64 or lib/<architecture>."""
        found = glob.glob(os.path.join(self.prefix, pattern), recursive=True)
        self.assertEqual(len(found), 1, (pattern, found))
        return found[0]

    def folder(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path)
        return path

    def build_and_run_with_cmake(self, name):
        """The stranger's project against this installation."""
        folder = self.folder(name)
        run(CMAKE, "-S", os.path.join(HERE, "consumer"), "-B", folder, *HOW, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            "-DCOPPICE_WANTED=" + cache("CMAKE_PROJECT_VERSION"))
        run(CMAKE, "--build", folder)
        for program in ("with_kd_tree", "with_any_index"):
            run(os.path.join(folder, program), folder=folder)

    def build_and_run_with_pkg_config(self, name, *how, environment=None):
        """The same sources, compiled by hand."""
        if shutil.which("pkg-config") is None:
            self.skipTest("no pkg-config")
        folder = self.folder(name)
        search = {"PKG_CONFIG_PATH": os.path.dirname(self.find("**/coppice.pc"))}
        flags = run("pkg-config", *how, "--cflags", "--libs", "coppice", environment=search).split()
        for source in ("main", "any_index"):
            program = os.path.join(folder, source)
            run(COMPILER, "-std=c++20", "-Wall", "-Wextra", os.path.join(HERE, "consumer", source + ".cpp"),
                "-o", program, *flags)
            run(program, folder=folder, environment=environment)

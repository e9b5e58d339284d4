"""The same with BUILD_SHARED_LIBS=ON: COPPICE_TEST_SHARED=1 asks for it, because it builds everything once more."""
import glob
import os
import unittest

from support import BUILD, CMAKE, HOW, SOURCE, InstalledTest, cache, run


@unittest.skipUnless(os.environ.get("COPPICE_TEST_SHARED") == "1", "COPPICE_TEST_SHARED=1 builds the shared library")
class SharedLibrary(InstalledTest):
    build = os.path.join(BUILD, "shared")

    @classmethod
    def setUpClass(cls):
        run(CMAKE, "-S", SOURCE, "-B", cls.build, *HOW, "-DBUILD_SHARED_LIBS=ON", "-DCOPPICE_BUILD_TESTS=OFF",
            "-DCMAKE_BUILD_TYPE=" + (cache("CMAKE_BUILD_TYPE") or "Release"))
        run(CMAKE, "--build", cls.build)
        super().setUpClass()

    def test_the_name_carries_the_interface(self):
        library = self.find("lib*/**/libcoppice.so")
        version = cache("CMAKE_PROJECT_VERSION")
        self.assertEqual(os.readlink(library), "libcoppice.so." + version.rsplit(".", 1)[0])
        self.assertEqual(os.path.basename(os.path.realpath(library)), "libcoppice.so." + version)
        self.assertEqual(glob.glob(os.path.join(self.prefix, "**", "*.a"), recursive=True), [])

    def test_the_tool_finds_its_library(self):
        self.assertEqual(run(self.find("bin/coppice"), "--version"), f"coppice {cache('CMAKE_PROJECT_VERSION')}\n")

    def test_users_need_no_other_package(self):
        for name in ("coppiceConfig.cmake", "coppice.pc"):
            with open(self.find("lib*/**/" + name)) as file:
                text = file.read()
            self.assertNotIn("find_dependency(", text)
            self.assertNotIn("Requires", text)

    def test_find_package(self):
        self.build_and_run_with_cmake("cmake")

    def test_pkg_config(self):
        library = os.path.dirname(self.find("lib*/**/libcoppice.so"))
        self.build_and_run_with_pkg_config("pkg_config", environment={"LD_LIBRARY_PATH": library})

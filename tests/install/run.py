#!/usr/bin/env python3
"""Runs the tests of the installation: tests/install/run.py BUILD [unittest options].

BUILD is a finished build tree. It is installed into a temporary prefix, which is then moved, and used as a stranger
would. Standard library only; what needs pkg-config or man is skipped where these are absent. COPPICE_TEST_SHARED=1 adds
the shared library, built in BUILD/shared (as long as a second build of the library and the tool).
"""
import os
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))


def main():
    if len(sys.argv) < 2 or not os.path.exists(os.path.join(sys.argv[1], "CMakeCache.txt")):
        sys.exit("usage: run.py BUILD [unittest options]")
    os.environ["COPPICE_BUILD"] = os.path.abspath(sys.argv[1])
    sys.path.insert(0, here)
    suite = unittest.defaultTestLoader.discover(here, pattern="test_*.py")
    verbosity = 2 if "-v" in sys.argv[2:] else 1
    result = unittest.TextTestRunner(verbosity=verbosity).run(suite)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)


if __name__ == "__main__":
    main()

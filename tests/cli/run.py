#!/usr/bin/env python3
"""Runs the tests of the command-line tool: tests/cli/run.py build/coppice [unittest options].

Standard library only. Real files are read from $COPPICE_DATA (default ../shared/data beside the checkout); those cases
are skipped where the directory is absent.
"""
import os
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))


def main():
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: run.py PATH/TO/coppice [unittest options]")
    os.environ["COPPICE_TOOL"] = os.path.abspath(sys.argv[1])
    os.environ.setdefault("COPPICE_DATA", os.path.join(here, "..", "..", "..", "shared", "data"))
    sys.path.insert(0, here)
    suite = unittest.defaultTestLoader.discover(here, pattern="test_*.py")
    verbosity = 2 if "-v" in sys.argv[2:] else 1
    result = unittest.TextTestRunner(verbosity=verbosity).run(suite)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)


if __name__ == "__main__":
    main()

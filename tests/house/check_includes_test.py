#!/usr/bin/env python3
"""The room check on small made-up checkouts: it must find each kind of violation and let the rest pass."""

import tempfile
import unittest
from pathlib import Path

from check_includes import violations


class RoomCheck(unittest.TestCase):
    def check(self, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return violations(Path(folder))

    def test_downward_is_fine(self):
        files = {
            "include/coppice/errors.hpp": "#include <string>\n",
            "include/coppice/geometry/a.hpp": '#include "coppice/errors.hpp"\n',
            "include/coppice/query/q.hpp": '#include "coppice/geometry/a.hpp"\n#include "coppice/storage/s.hpp"\n',
            "include/coppice/index/kd_tree/t.hpp": '#include "coppice/query/q.hpp"\n#include "coppice/balance/b.hpp"\n',
            "src/index/kd_tree/t.cpp": '#include "coppice/index/kd_tree/t.hpp"\n#include "core.hpp"\n',
            "src/index/kd_tree/core.hpp": "",
            "include/coppice/any_index.hpp": '#include "coppice/index/kd_tree/t.hpp"\n',
            "cli/main.cpp": '#include "coppice/any_index.hpp"\n#include "coppice/io/csv.hpp"\n#include <CLI/CLI.hpp>\n',
        }
        self.assertEqual(self.check(files), [])

    def test_upward_is_named_by_line(self):
        found = self.check({"include/coppice/geometry/a.hpp": '// head\n#include "coppice/query/q.hpp"\n'})
        self.assertEqual(found, ["include/coppice/geometry/a.hpp:2: geometry must not include query (coppice/query/q.hpp)"])

    def test_siblings_do_not_mix(self):
        self.assertEqual(len(self.check({"src/storage/a.cpp": '#include "coppice/persist/archive.hpp"\n'})), 1)
        self.assertEqual(len(self.check({"src/parallel/a.cpp": '#include "coppice/storage/arena.hpp"\n'})), 1)

    def test_indexes_never_include_each_other(self):
        self.assertEqual(len(self.check({"src/index/octree/a.cpp": '#include "coppice/index/kd_tree/t.hpp"\n'})), 1)
        relative = {"src/index/octree/a.cpp": '#include "../kd_tree/core.hpp"\n', "src/index/kd_tree/core.hpp": ""}
        self.assertEqual(len(self.check(relative)), 1)
        self.assertEqual(self.check({"src/index/neural_builder/a.cpp": '#include "coppice/index/bvh/b.hpp"\n'}), [])

    def test_io_knows_no_index(self):
        self.assertEqual(self.check({"src/io/a.cpp": '#include "coppice/persist/atomic_file.hpp"\n'}), [])
        self.assertEqual(len(self.check({"src/io/a.cpp": '#include "coppice/query/hit.hpp"\n'})), 1)

    def test_nobody_includes_the_tool(self):
        files = {"src/apps/a.cpp": '#include "cli/options.hpp"\n', "cli/options.hpp": ""}
        self.assertEqual(len(self.check(files)), 1)

    def test_unknown_rooms_are_named(self):
        self.assertEqual(len(self.check({"src/utils/a.cpp": "\n"})), 1)


if __name__ == "__main__":
    unittest.main()

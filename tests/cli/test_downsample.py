"""downsample: one point a cell by every policy, equal to its definition, and its refusals."""
import math
import os
import unittest

from support import DATA, ToolTest, csv_text, float32, grid_points, npy_bytes, read_npy


def thinned(points, ids, edge, keep):
    """(id, point) of each cell by definition, in the order of the rows kept."""
    cells = {}
    for row, point in enumerate(points):
        cells.setdefault(tuple(math.floor(x / edge) for x in point), []).append(row)
    kept = []
    for cell, rows in cells.items():
        by_id = min(rows, key=lambda row: ids[row])
        if keep == "center":
            center = [(x + 0.5) * edge for x in cell]
            by_id = min(rows, key=lambda row: (sum((x - c) ** 2 for x, c in zip(points[row], center)), ids[row]))
        point = points[by_id]
        if keep == "centroid":
            point = []
            for axis in range(len(cell)):
                total = 0.0
                for row in rows:  # in this order: the sum of Python 3.12 rounds differently
                    total += points[row][axis]
                point.append(total / len(rows))
        kept.append((by_id, ids[by_id], point))
    return [(point_id, point) for _, point_id, point in sorted(kept)]


class Downsample(ToolTest):
    def test_every_policy(self):
        for dimension in (2, 3):
            points = grid_points(300, dimension, seed=9)
            ids = [(row * 7919) % 1009 for row in range(300)]
            self.write("p.csv", csv_text(points, ids))
            for keep in ("first", "center", "centroid"):
                for edge in (0.75, 2, 100):
                    expected = thinned(points, ids, edge, keep)
                    report = self.ok_json("downsample", "p.csv", "--cell", edge, "--keep", keep, "--out", "few.csv")
                    self.assertEqual(report, {"file": "p.csv", "points": 300, "left": len(expected), "cell": edge,
                                              "keep": keep, "out": "few.csv", "ids_lost": False, "coordinates_rounded": 0})
                    with open(self.path("few.csv")) as file:
                        rows = [line.split(",") for line in file.read().splitlines()[1:]]
                    self.assertEqual([(int(row[0]), [float(x) for x in row[1:]]) for row in rows], expected)

    def test_indexes_agree(self):
        self.write("p.npy", npy_bytes(grid_points(400, 3, seed=10), "<f4"))
        self.assertRegex(self.ok("downsample", "p.npy", "--cell", 1, "--out", "few.npy"),
                         r"\Afew\.npy: \d+ of 400 points left, one a cell of 1\n\Z")
        with open(self.path("few.npy"), "rb") as file:
            expected = file.read()
        for index in ("kd", "kdmap", "octree", "multiway", "brute"):
            report = self.ok_json("downsample", "p.npy", "--cell", 1, "--index", index, "--out", "other.npy")
            self.assertEqual(report["index"], index)
            with open(self.path("other.npy"), "rb") as file:
                self.assertEqual(file.read(), expected, index)

    def test_float32(self):
        points = [[float32(x) for x in (0.1, 0.2, 0.3)], [float32(x) for x in (0.4, 0.5, 0.9)]]
        self.write("p.npy", npy_bytes(points, "<f4"))
        self.ok("downsample", "p.npy", "--cell", 1, "--keep", "centroid", "--out", "few.npy")
        with open(self.path("few.npy"), "rb") as file:
            dtype, shape, values = read_npy(file.read())
        self.assertEqual((dtype, shape), ("<f4", (1, 3)))
        self.assertEqual(values, [float32((0.0 + a + b) / 2) for a, b in zip(*points)])

    def test_ids_are_lost_aloud(self):
        self.write("p.csv", "id,x,y,z\n7,0,0,0\n5,0,0,0\n")
        done = self.run_tool("downsample", "p.csv", "--cell", 1, "--out", "few.ply")
        self.assertEqual((done.returncode, done.stdout), (0, "few.ply: 1 of 2 points left, one a cell of 1\n"))
        self.assertEqual(done.stderr, "few.ply: the ids are left out; only .csv files hold them\n")

    def test_no_points(self):
        self.write("p.npy", npy_bytes([], "<f8").replace(b"(0, 0)", b"(0, 3)"))
        self.assertEqual(self.ok("downsample", "p.npy", "--cell", 1, "--out", "few.npy"),
                         "few.npy: 0 of 0 points left, one a cell of 1\n")

    def test_refusals_change_nothing(self):
        self.write("p.csv", "1,2\n3,4\n")
        self.write("p.npy", npy_bytes([[1.0, 2.0]], "<f4"))
        self.write("twice.csv", "id,x,y\n7,0,0\n7,1,1\n")
        self.write("far.csv", "0,0\n1e20,0\n")
        for code, fragments, arguments in (
                (2, "--cell is required", ["p.csv", "--out", "q.csv"]),
                (2, "--out is required", ["p.csv", "--cell", 1]),
                (2, "--cell must be positive and finite, found 0", ["p.csv", "--cell", 0, "--out", "q.csv"]),
                (2, "--cell must be positive and finite, found nan", ["p.csv", "--cell", "nan", "--out", "q.csv"]),
                (2, "--cell: 'x' is not a number", ["p.csv", "--cell", "x", "--out", "q.csv"]),
                (2, "--cell: 1e-60 is beyond the range of float32", ["p.npy", "--cell", "1e-60", "--out", "q.csv"]),
                (2, "unknown policy 'last'; known: first, center, centroid",
                 ["p.csv", "--cell", 1, "--keep", "last", "--out", "q.csv"]),
                (2, "unknown index 'foo'; known: kd, ", ["p.csv", "--cell", 1, "--index", "foo", "--out", "q.csv"]),
                (2, "leave it out for --keep center",
                 ["p.csv", "--cell", 1, "--index", "kd", "--keep", "center", "--out", "q.csv"]),
                (2, "q.las: cannot write .las files", ["p.csv", "--cell", 1, "--out", "q.las"]),
                (2, "same file", ["p.csv", "--cell", 1, "--out", "./p.csv"]),
                (3, ["q.ply", "dimension 2", "3-D"], ["p.csv", "--cell", 1, "--out", "q.ply"]),
                (3, "twice.csv: row 1: id 7 stands twice", ["twice.csv", "--cell", 1, "--out", "q.csv"]),
                (3, "far.csv: row 1: coordinate 0 lies too many cells", ["far.csv", "--cell", "1e-300", "--out", "q.csv"]),
                (3, "missing.csv: cannot open", ["missing.csv", "--cell", 1, "--out", "q.csv"]),
                (1, "absent/q.csv", ["p.csv", "--cell", 1, "--out", "absent/q.csv"])):
            with self.subTest(arguments):
                self.fails(code, fragments, "downsample", *arguments)
        self.assertEqual(sorted(os.listdir(self.directory)), ["far.csv", "p.csv", "p.npy", "twice.csv"])

    @unittest.skipUnless(os.path.isdir(DATA), "no real data")
    def test_scanned_terrain(self):
        las = os.path.join(DATA, "autzen_trim/autzen_trim.las")
        if not os.path.exists(las):
            self.skipTest("not there: " + las)
        left = [self.ok_json("downsample", las, "--cell", 10, "--keep", keep, "--out", f"{keep}.ply")["left"]
                for keep in ("first", "center", "centroid")]
        self.assertEqual(left, left[:1] * 3)
        self.assertTrue(0 < left[0] < 110000)
        # Points that are one a cell already stay as they are.
        self.assertEqual(self.ok_json("downsample", "first.ply", "--cell", 10, "--out", "again.ply")["left"], left[0])


if __name__ == "__main__":
    unittest.main()

"""convert: every format that is written, what is kept and what is not, and its refusals."""
import os
import struct
import unittest

from support import DATA, ToolTest, csv_text, grid_points, npy_bytes, read_npy


class Convert(ToolTest):
    def test_every_format_and_back(self):
        points = grid_points(50, 3, seed=5)
        self.write("p.csv", csv_text(points))
        for name in ("a.npy", "a.xyz", "a.ply", "a.pcd", "a.bin", "a.fvecs", "A.PCD", "a.csv"):
            self.assertEqual(self.ok("convert", "p.csv", name), "", name)
            self.ok("convert", name, "back.npy")
            with open(self.path("back.npy"), "rb") as file:
                dtype, shape, values = read_npy(file.read())
            self.assertEqual(dtype, "<f4" if name in ("a.bin", "a.fvecs") else "<f8", name)
            self.assertEqual((shape, values), ((50, 3), [x for point in points for x in point]), name)
            info = self.ok_json("info", name)
            self.assertEqual((info["points"], info["dimension"]), (50, 3), name)
        self.assertEqual(self.ok_json("info", "a.bin")["format"], "kitti")

    def test_ids_and_names(self):
        self.write("p.csv", "id;east;north\n7;0.1;2\n9;1e-300;4\n")
        self.ok("convert", "p.csv", "q.csv")
        with open(self.path("q.csv")) as file:
            self.assertEqual(file.read(), "id,east,north\n7,0.1,2\n9,1e-300,4\n")
        done = self.run_tool("convert", "p.csv", "q.fvecs")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("q.fvecs: the ids are left out", done.stderr)
        self.assertIn("q.fvecs: 2 of 4 coordinates are rounded to float32", done.stderr)
        self.assertEqual(self.ok_json("convert", "p.csv", "q.npy"),
                         {"file": "p.csv", "format": "csv", "points": 2, "dimension": 2, "out": "q.npy",
                          "ids_lost": True, "coordinates_rounded": 0})

    def test_refusals_change_nothing(self):
        self.write("p.csv", "1,2\n3,4\n")
        self.fails(2, ["p.las: cannot write .las files", ".npy, .csv, .xyz, .ply, .pcd, .bin (KITTI), .fvecs"],
                   "convert", "p.csv", "p.las")
        self.fails(2, "without an extension", "convert", "p.csv", "p")
        self.fails(2, "same file", "convert", "p.csv", "./p.csv")
        os.symlink(self.path("p.csv"), self.path("link.csv"))
        self.fails(2, "same file", "convert", "p.csv", "link.csv")
        self.fails(3, ["p.ply", "dimension 2", "3-D"], "convert", "p.csv", "p.ply")
        self.write("wide.csv", "1,2,1e39\n")
        self.fails(3, "row 0: 1e+39 is beyond the range of float32", "convert", "wide.csv", "p.bin")
        self.fails(3, "missing.csv: cannot open", "convert", "missing.csv", "p.npy")
        self.fails(1, "nowhere/p.npy", "convert", "p.csv", "nowhere/p.npy")
        self.write("p.npy", npy_bytes([[1, 2]], "<i8"))
        self.fails(3, ["dtype '<i8'", "int32"], "info", "p.npy")
        self.assertEqual(sorted(os.listdir(self.directory)), ["link.csv", "p.csv", "p.npy", "wide.csv"])

    def test_kitti_layout(self):
        self.write("p.csv", "1,2,3\n")
        self.ok("convert", "p.csv", "p.bin")
        with open(self.path("p.bin"), "rb") as file:
            self.assertEqual(file.read(), struct.pack("<4f", 1, 2, 3, 0))

    @unittest.skipUnless(os.path.isdir(DATA), "no real data")
    def test_real_files(self):
        las = os.path.join(DATA, "autzen_trim/autzen_trim.las")
        if not os.path.exists(las):
            self.skipTest("not there: " + las)
        self.ok("convert", las, "a.npy")
        with open(self.path("a.npy"), "rb") as ours, open(os.path.join(DATA, "autzen_trim/points.f64.npy"), "rb") as file:
            self.assertEqual(read_npy(ours.read()), read_npy(file.read()))


if __name__ == "__main__":
    unittest.main()

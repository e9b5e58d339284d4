"""neighbors: pairs of every frame equal to those by definition, cells from everywhere, and its refusals."""
import itertools
import json
import math
import os
import random
import unittest

from support import DATA, ToolTest, csv_text, npy_bytes, npy_of_shape, read_npz

OPEN = [[0.0] * 3] * 3


def box(a, b, c):
    return [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]]


def pairs_of(points, cutoff=None, cell=OPEN, periodic=(False,) * 3, full=False, images=2, radii=None, excluded=()):
    """(i, j, S, distance, D) by definition, sorted; evaluated in the order that the tool promises."""
    found = []
    ranges = [range(-images, images + 1) if along else (0,) for along in periodic]
    excluded = {frozenset(pair) for pair in excluded}
    for i, j in itertools.product(range(len(points)), repeat=2):
        if frozenset((i, j)) in excluded:
            continue
        reach = cutoff if radii is None else radii[i] + radii[j]
        for s in itertools.product(*ranges):
            if (i == j and s == (0, 0, 0)) or (not full and (i > j if s == (0, 0, 0) else s < (0, 0, 0))):
                continue
            d = [points[j][a] - points[i][a] for a in range(3)]
            if any(periodic):
                d = [d[a] + ((s[0] * cell[0][a] + s[1] * cell[1][a]) + s[2] * cell[2][a]) for a in range(3)]
            squared = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2]
            if squared <= reach * reach:
                found.append((i, j, s, math.sqrt(squared), d))
    return sorted(found)


def written(path):
    """The pairs of every frame in a file of --out."""
    arrays = read_npz(path)
    frames = arrays["frames"][2]
    m = frames[-1]
    shapes = {"i": (m,), "j": (m,), "shift": (m, 3), "distance": (m,), "vector": (m, 3), "frames": (len(frames),)}
    types = {"i": "<i8", "j": "<i8", "shift": "<i4", "distance": "<f8", "vector": "<f8", "frames": "<i8"}
    assert list(arrays) == list(shapes)
    for name, (dtype, shape, _) in arrays.items():
        assert (dtype, shape) == (types[name], shapes[name]), name
    i, j, shift, distance, vector = (arrays[name][2] for name in ("i", "j", "shift", "distance", "vector"))
    rows = [(i[k], j[k], tuple(shift[3 * k : 3 * k + 3]), distance[k], vector[3 * k : 3 * k + 3]) for k in range(m)]
    return [rows[first:last] for first, last in zip(frames, frames[1:])]


def xyz_frame(points, comment=""):
    return f"{len(points)}\n{comment}\n" + "".join(f"Ar {p[0]!r} {p[1]!r} {p[2]!r}\n" for p in points)


def some_points(count, seed, low=-2.0, high=9.0):
    rng = random.Random(seed)
    return [[rng.uniform(low, high) for _ in range(3)] for _ in range(count)]


class Neighbors(ToolTest):
    def pairs(self, *arguments):
        done = self.run_tool("neighbors", *arguments, "--out", "p.npz", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        report = json.loads(done.stdout)
        frames = written(self.path("p.npz"))
        self.assertEqual(report["out"], "p.npz")
        self.assertEqual([row["pairs"] for row in report["results"]], [len(frame) for frame in frames])
        self.assertEqual((report["frames"], report["pairs"]), (len(frames), sum(map(len, frames))))
        return frames

    def test_table(self):
        self.write("p.csv", "0,0,0\n3,4,0\n9,0,0\n")
        lines = self.ok("neighbors", "p.csv", "--cutoff", 5, "--cell", "10,10,10").splitlines()
        self.assertEqual(lines[0].split(), ["frame", "pairs", "update", "ms", "list", "ms", "candidates"])
        self.assertEqual([lines[1].split()[k] for k in (0, 1, 4)], ["0", "2", "rebuilt"])
        self.assertEqual(lines[2].split()[:2] + lines[2].split()[4:], ["all", "2", "1", "rebuild", "in", "1", "frame"])
        done = self.run_tool("neighbors", "p.csv", "--cutoff", 5, "--out", "p.npz")
        self.assertEqual((done.returncode, done.stderr), (0, "1 pair of 1 frame written to p.npz\n"))
        self.assertEqual(written(self.path("p.npz")), [[(0, 1, (0, 0, 0), 5.0, [3.0, 4.0, 0.0])]])

    def test_json(self):
        self.write("p.npy", npy_of_shape([float(x) for x in range(12)], (2, 2, 3), "<f4"))
        report = self.ok_json("neighbors", "p.npy", "--cutoff", 6, "--cell", "20,20,20", "--periodic", "x,z", "--full")
        self.assertEqual({key: report[key] for key in ("file", "format", "atoms", "scalar", "kind", "cutoff", "skin", "cell",
                                                       "periodic", "frames", "pairs")},
                         {"file": "p.npy", "format": "npy", "atoms": 2, "scalar": "float32", "kind": "full", "cutoff": 6,
                          "skin": 0, "cell": box(20, 20, 20), "periodic": [True, False, True], "frames": 2, "pairs": 4})
        self.assertEqual([(row["frame"], row["pairs"]) for row in report["results"]], [(0, 2), (1, 2)])
        for row in report["results"]:
            self.assertGreaterEqual(min(row["update_ms"], row["list_ms"]), 0)

    def test_every_space(self):
        points = some_points(25, seed=3)
        skewed = [[7.0, 0.0, 0.0], [3.0, 6.5, 0.0], [-2.0, 1.0, 8.0]]
        self.write("p.csv", csv_text(points))
        for cell, flag in ((box(7.0, 8.0, 6.5), "7,8,6.5"), (skewed, ",".join(str(x) for row in skewed for x in row))):
            for axes in ("x", "y", "x,z", "zy", "x,y,z", ""):
                periodic = tuple(axis in (axes or "xyz") for axis in "xyz")
                arguments = ["p.csv", "--cutoff", 2.5, "--cell", flag, *(["--periodic", axes] if axes else [])]
                for full in (False, True):
                    with self.subTest(arguments=arguments, full=full):
                        expected = pairs_of(points, 2.5, cell, periodic, full, images=4)
                        self.assertEqual(self.pairs(*arguments, *(["--full"] if full else [])), [expected])
        self.assertEqual(self.pairs("p.csv", "--cutoff", 2.5), [pairs_of(points, 2.5)])

    def test_tiny_cell(self):
        self.write("p.csv", "0,0,0\n0.25,0.5,0\n")
        expected = pairs_of([[0.0, 0.0, 0.0], [0.25, 0.5, 0.0]], 2.0, box(1.0, 1.0, 1.0), (True,) * 3, images=3)
        self.assertEqual(self.pairs("p.csv", "--cutoff", 2, "--cell", "1,1,1"), [expected])
        self.assertTrue(any(i == j for i, j, *_ in expected))

    def test_cells_of_the_file(self):
        frames = [some_points(12, seed) for seed in (1, 2, 3)]
        cell = [[6.0, 0.0, 0.0], [0.0, 7.0, 0.0], [1.5, 0.0, 8.0]]
        lattice = 'Lattice="6 0 0 0 7 0 1.5 0 8"'
        self.write("p.xyz", xyz_frame(frames[0], lattice) + xyz_frame(frames[1], lattice + ' pbc="T F F"') +
                   xyz_frame(frames[2], "no cell"))
        found = self.pairs("p.xyz", "--cutoff", 3)
        self.assertEqual(found[0], pairs_of(frames[0], 3.0, cell, (True,) * 3, images=4))
        self.assertEqual(found[1], pairs_of(frames[1], 3.0, cell, (True, False, False), images=4))
        self.assertEqual(found[2], pairs_of(frames[2], 3.0))
        self.assertEqual(self.pairs("p.xyz", "--cutoff", 3, "--open"), [pairs_of(points, 3.0) for points in frames])
        self.assertEqual(self.pairs("p.xyz", "--cutoff", 3, "--cell", "9,9,9"),
                         [pairs_of(points, 3.0, box(9.0, 9.0, 9.0), (True,) * 3, images=3) for points in frames])
        self.fails(3, ["p.xyz: frame 2 tells no cell", "--cell"], "neighbors", "p.xyz", "--cutoff", 3, "--periodic", "x")
        self.write("box.gro", "water\n2\n    1SOL     OW    1   0.100   0.200   0.300\n"
                   "    1SOL    HW1    2   1.900   0.200   0.300\n   2.0   2.0   2.0\n")
        self.assertEqual([pair[:3] for pair in self.pairs("box.gro", "--cutoff", 0.25)[0]], [(1, 0, (1, 0, 0))])
        atom = "ATOM      1  N   ALA A   1    {:8.3f}{:8.3f}{:8.3f}  1.00  0.00           N\n"
        self.write("cell.pdb", "CRYST1   10.000   10.000   10.000  90.00  90.00  90.00 P 1           1\n" +
                   "".join("MODEL        1\n" + atom.format(x, 0, 0) + atom.format(9, 0, 0) + "ENDMDL\n" for x in (1, 5)))
        self.assertEqual([[pair[:4] for pair in frame] for frame in self.pairs("cell.pdb", "--cutoff", 2)],
                         [[(1, 0, (1, 0, 0), 2.0)], []])

    def test_skin_changes_nothing(self):
        rng = random.Random(5)
        points = some_points(40, seed=4)
        frames = []
        for _ in range(6):
            frames.append([list(p) for p in points])
            points = [[x + rng.uniform(-0.03, 0.03) for x in p] for p in points]
        self.write("p.xyz", "".join(xyz_frame(points) for points in frames))
        arguments = ["p.xyz", "--cutoff", 2.5, "--cell", "7,8,9"]
        expected = [pairs_of(points, 2.5, box(7.0, 8.0, 9.0), (True,) * 3, images=4) for points in frames]
        self.assertEqual(self.pairs(*arguments), expected)
        self.assertEqual(self.pairs(*arguments, "--skin", 0.5), expected)
        report = self.ok_json("neighbors", *arguments, "--skin", 0.5)
        rebuilt = [row["rebuilt"] for row in report["results"]]
        self.assertTrue(rebuilt[0])
        self.assertFalse(all(rebuilt))
        self.assertEqual(report["rebuilds"], sum(rebuilt))

    def test_radii_and_exclusions(self):
        points = some_points(20, seed=6, low=0.0, high=4.0)
        rng = random.Random(7)
        radii = [rng.choice([0.0, 0.5, 1.25]) for _ in points]
        self.write("p.csv", csv_text(points))
        self.write("r.npy", npy_of_shape(radii, (20,), "<f8"))
        self.write("r.txt", "".join(f"{r!r}\n" for r in radii))
        bonds = [(i, i + 1) for i in range(0, 19, 2)] + [(7, 3)]
        self.write("b.npy", npy_bytes(bonds, "<i8"))
        self.write("b.txt", "".join(f"{i} {j}\n" for i, j in bonds))
        for name in ("r.npy", "r.txt"):
            self.assertEqual(self.pairs("p.csv", "--radii", name), [pairs_of(points, radii=radii)])
        for name in ("b.npy", "b.txt"):
            self.assertEqual(self.pairs("p.csv", "--cutoff", 2, "--exclude", name),
                             [pairs_of(points, 2.0, excluded=bonds)])

    def test_threads_change_nothing(self):
        self.write("p.csv", csv_text(some_points(300, seed=8)))
        one = self.pairs("p.csv", "--cutoff", 2, "--cell", "8,8,8", "--threads", 1)
        self.assertEqual(self.pairs("p.csv", "--cutoff", 2, "--cell", "8,8,8", "--threads", 3), one)

    def test_few_atoms(self):
        self.write("one.csv", "1,2,3\n")
        self.write("none.xyz", "0\n\n0\n\n")
        self.assertEqual(self.pairs("one.csv", "--cutoff", 1), [[]])
        self.assertEqual(self.pairs("none.xyz", "--cutoff", 1), [[], []])


class Refusals(ToolTest):
    def setUp(self):
        super().setUp()
        self.write("p.csv", "0,0,0\n3,4,0\n")

    def test_command_lines(self):
        for fragment, arguments in (
                ("neighbors needs --cutoff or --radii", []),
                ("--cutoff must be positive and finite, found 0", ["--cutoff", 0]),
                ("--cutoff must be positive and finite, found -1", ["--cutoff", -1]),
                ("--cutoff must be positive and finite, found nan", ["--cutoff", "nan"]),
                ("--cutoff: 'x' is not a number", ["--cutoff", "x"]),
                ("--cutoff excludes --radii", ["--cutoff", 1, "--radii", "p.csv"]),
                ("--skin must be finite and at least 0, found -1", ["--cutoff", 1, "--skin", -1]),
                ("--cell: 2 numbers given, expected 3 lengths or the 9 numbers", ["--cutoff", 1, "--cell", "1,2"]),
                ("--cell: 'a' is not a number", ["--cutoff", 1, "--cell", "1,2,a"]),
                ("--cell: ", ["--cutoff", 1, "--cell", "1,0,1"]),
                ("--cell: ", ["--cutoff", 1, "--cell", "0,1,0,1,0,0,0,0,1"]),
                ("--cell: ", ["--cutoff", 1, "--cell", "1,0,0,1,0,0,0,0,1"]),
                ("--cell: ", ["--cutoff", 1, "--cell", "1,inf,1"]),
                ("--open excludes --cell", ["--cutoff", 1, "--cell", "1,1,1", "--open"]),
                ("--periodic: found 'x,w', expected some of x, y and z", ["--cutoff", 1, "--periodic", "x,w"]),
                ("--periodic names x twice", ["--cutoff", 1, "--periodic", "xx"])):
            with self.subTest(arguments):
                self.fails(2, fragment, "neighbors", "p.csv", *arguments)
        self.fails(3, "tells no cell, which --periodic needs", "neighbors", "p.csv", "--cutoff", 1, "--periodic", "x")

    def test_bad_files_leave_nothing(self):
        frame = xyz_frame([[0, 0, 0], [1, 1, 1]])
        cases = [
            ("more.xyz", frame + xyz_frame([[0, 0, 0]] * 3), ["more.xyz:5: frame 1: found 3 atoms, expected 2 as in frame 0"]),
            ("cut.xyz", frame + frame[:-6], ["cut.xyz:8: "]),
            ("short.xyz", frame + "2\n\nAr 0 0 0\n", ["short.xyz:7: frame 1: the file ends after 1 atom, expected 2"]),
            ("nan.xyz", frame + frame.replace("1 1 1", "1 nan 1"), ["nan.xyz:8: column 3: found 'nan'"]),
            ("left.xyz", xyz_frame([[0, 0, 0]], 'Lattice="0 1 0 1 0 0 0 0 1"'), ["left.xyz: frame 0: ", "--open"]),
            ("flat.xyz", frame + xyz_frame([[0, 0, 0]] * 2, 'Lattice="1 0 0 2 0 0 0 0 1"'), ["flat.xyz: frame 1: "]),
            ("cut.npy", npy_of_shape([0.0] * 24, (4, 2, 3), "<f8")[:-8], ["cut.npy: data at byte", "end in frame 3"]),
            ("none.npy", npy_of_shape([], (0, 2, 3), "<f8"), ["none.npy: holds no frame"]),
            ("flat.csv", "1,2\n", ["flat.csv: found points of dimension 2, expected 3-D"]),
            ("a.gro", "water\n1\n", ["a.gro:2: the file ends after 0 atoms"]),
        ]
        for name, content, fragments in cases:
            self.write(name, content)
            with self.subTest(name):
                self.fails(3, fragments, "neighbors", name, "--cutoff", 1, "--out", "p.npz")
        self.fails(3, "missing.xyz: cannot open", "neighbors", "missing.xyz", "--cutoff", 1)
        self.fails(1, "absent", "neighbors", "p.csv", "--cutoff", 1, "--out", "absent/p.npz")
        self.assertEqual(sorted(os.listdir(self.directory)), sorted(["p.csv", *(case[0] for case in cases)]))

    def test_radii_and_exclusions(self):
        self.write("r.txt", "1\n2\n3\n")
        self.fails(3, "r.txt: found 3 radii, expected one for each of the 2 atoms", "neighbors", "p.csv", "--radii", "r.txt")
        self.write("r.txt", "1\n-2\n")
        self.fails(3, "r.txt: row 1: found -2, expected a radius of at least 0", "neighbors", "p.csv", "--radii", "r.txt")
        self.write("e.txt", "0 1\n0 2\n")
        self.fails(3, "e.txt: row 1: found atom 2, expected 0 … 1", "neighbors", "p.csv", "--cutoff", 1, "--exclude", "e.txt")
        self.write("e.txt", "0 1.5\n")
        self.fails(3, "e.txt: row 0: found 1.5, expected a whole number", "neighbors", "p.csv", "--cutoff", 1, "--exclude",
                   "e.txt")


@unittest.skipUnless(os.path.isdir(DATA), "no real data")
class RealTrajectories(ToolTest):
    def real(self, name):
        path = os.path.join(DATA, name)
        if not os.path.exists(path):
            self.skipTest("not there: " + path)
        return path

    def test_water_from_text_and_array(self):
        text = self.ok_json("neighbors", self.real("chemfiles_water/water.xyz"), "--cutoff", 3)
        array = self.ok_json("neighbors", self.real("chemfiles_water/traj.f32.npy"), "--cutoff", 3, "--skin", 0.5)
        self.assertEqual((text["atoms"], text["frames"], array["frames"]), (297, 100, 100))
        for a, b in zip(text["results"], array["results"]):
            self.assertLessEqual(abs(a["pairs"] - b["pairs"]), 2)  # float32 may move a pair over the boundary

    def test_boxes_count(self):
        # A full list has every pair twice, and the box adds pairs that open space lacks.
        for name, cutoff in (("ngl_md/md.gro", 0.3), ("openmm_dhfr/5dfr_solv-cube_equil.pdb", 3), ("pdb_small/1crn.pdb", 4)):
            path = self.real(name)
            half = self.ok_json("neighbors", path, "--cutoff", cutoff)
            full = self.ok_json("neighbors", path, "--cutoff", cutoff, "--full")
            inside = self.ok_json("neighbors", path, "--cutoff", cutoff, "--open")
            self.assertEqual(full["pairs"], 2 * half["pairs"], name)
            self.assertGreater(half["pairs"], inside["pairs"], name)

    def test_trajectory_of_a_protein(self):
        report = self.ok_json("neighbors", self.real("ngl_md/ngl_md_traj.f32.npy"), "--cutoff", 3, "--cell",
                              "56.064,56.064,56.064")
        self.assertEqual((report["frames"], report["atoms"], report["rebuilds"]), (51, 17411, 51))


if __name__ == "__main__":
    unittest.main()

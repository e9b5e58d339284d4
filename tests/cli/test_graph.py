"""graph and normals against answers by definition, in every input and output form."""
import json
import math
import os
import random
import re
import struct
import zlib

from support import DATA, ToolTest, csv_text, distance, grid_points, npy_bytes, npy_of_shape, read_npz


def rows_of(points, k=None, radius=math.inf, own=False, metric="l2"):
    """row → [(distance, row)] of its neighbours, nearest first."""
    rows = {}
    for i, p in enumerate(points):
        hits = sorted((distance(p, q, metric=metric), j) for j, q in enumerate(points) if own or i != j)
        rows[i] = [hit for hit in hits if hit[0] <= radius][:k]
    return rows


def parts_of(rows):
    """How many connected components there are, whichever way edges point."""
    label = {i: i for i in rows}
    changed = True
    while changed:
        changed = False
        for i, hits in rows.items():
            for _, j in hits:
                if label[i] != label[j]:
                    label[i] = label[j] = min(label[i], label[j])
                    changed = True
    return len(set(label.values()))


def grey_png(rows, depth=8, color=0):
    """A PNG file of one channel, or of more where `color` says so and the rows hold them."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    raw = b"".join(b"\0" + b"".join(x.to_bytes(depth // 8, "big") for x in row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), depth, color, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


class GraphTest(ToolTest):
    def graph(self, *arguments):
        """Standard output of a run that must succeed, and the summary on stderr, which must be two lines."""
        done = self.run_tool("graph", *arguments)
        self.assertEqual(done.returncode, 0, (arguments, done.stderr))
        self.assertEqual(len(done.stderr.splitlines()), 3 if "--out" in arguments else 2, done.stderr)
        return done.stdout

    def assert_rows(self, found, expected):
        self.assertEqual({i: [j for _, j in hits] for i, hits in found.items()},
                         {i: [j for _, j in hits] for i, hits in expected.items()})
        for i, hits in expected.items():
            for (a, _), (b, _) in zip(found[i], hits):
                self.assertAlmostEqual(a, b, delta=1e-6 * max(1, b))


class Graphs(GraphTest):
    def setUp(self):
        super().setUp()
        self.points = grid_points(150, 3, seed=11)
        self.write("p.npy", npy_bytes(self.points, "<f8"))
        self.write("p32.npy", npy_bytes(self.points, "<f4"))

    def test_rows_by_count_and_by_radius(self):
        for name in ("p.npy", "p32.npy"):
            for metric in ("l2", "l1", "linf"):
                for options, space in ((["-k", 5], {"k": 5}), (["-r", 1.5], {"radius": 1.5}),
                                       (["-k", 4, "-r", 1.25], {"k": 4, "radius": 1.25}),
                                       (["-k", 3, "--self"], {"k": 3, "own": True}),
                                       (["-r", 0, "--self"], {"radius": 0, "own": True})):
                    found = self.answers(self.graph(name, *options, "--metric", metric))
                    self.assert_rows(found, rows_of(self.points, metric=metric, **space))

    def test_more_than_all(self):
        found = self.answers(self.graph("p.npy", "-k", 1000))
        self.assert_rows(found, rows_of(self.points))
        self.graph("p32.npy", "-k", 160, "--out", "g.npz")
        arrays = read_npz(self.path("g.npz"))
        self.assertEqual({name: a[:2] for name, a in arrays.items()},
                         {"ids": ("<i8", (150, 160)), "distances": ("<f8", (150, 160))})
        for i, hits in rows_of(self.points).items():
            self.assertEqual(arrays["ids"][2][160 * i : 160 * (i + 1)], [hit[1] for hit in hits] + [-1] * 11)
            self.assertEqual(arrays["distances"][2][160 * i + 149 : 160 * (i + 1)], [math.inf] * 11)

    def test_few_points(self):
        self.write("one.csv", "1,2\n")
        self.assertEqual(self.graph("one.csv", "-k", 2, "--facts"), "0:\n")
        self.assertEqual(self.graph("one.csv", "-r", 2), "0:\n")
        self.assertEqual(self.graph("one.csv", "-k", 2, "--self"), "0: 0 0\n")
        self.graph("one.csv", "-k", 2, "--out", "g.npz")
        self.assertEqual(read_npz(self.path("g.npz"))["ids"], ("<i8", (1, 2), [-1, -1]))
        self.write("none.npy", npy_of_shape([], (0, 3), "<f8"))
        for options in (["-k", 2], ["-r", 1], ["-k", 2, "--facts"]):
            self.assertEqual(self.graph("none.npy", *options), "")
            self.graph("none.npy", *options, "--out", "g.npz")

    def test_arrays_of_a_radius(self):
        self.graph("p.npy", "-r", 1.5, "--out", "g.npz")
        arrays = read_npz(self.path("g.npz"))
        expected = rows_of(self.points, radius=1.5)
        offsets = arrays["offsets"][2]
        self.assertEqual([a[0] for a in arrays.values()], ["<i8", "<i8", "<f8"])
        for i, hits in expected.items():
            row = slice(offsets[i], offsets[i + 1])
            self.assertEqual(list(zip(arrays["distances"][2][row], arrays["ids"][2][row])), hits)
        self.graph("p.npy", "-k", 5, "-r", 1.5, "--out", "h.npz")
        self.assertEqual(read_npz(self.path("h.npz"))["ids"][1], (150, 5))

    def test_facts(self):
        report = json.loads(self.graph_json("p.npy", "-k", 2))
        rows = rows_of(self.points, k=2)
        edges = {(i, j) for i, hits in rows.items() for _, j in hits}
        self.assertEqual((report["points"], report["dimension"], report["scalar"], report["k"], report["edges"]),
                         (150, 3, "float64", 2, 300))
        self.assertEqual(report["degree"], {"mean": 2.0, "smallest": 2, "largest": 2})
        self.assertEqual(report["components"], parts_of(rows))
        self.assertAlmostEqual(report["mutual_share"], sum((j, i) in edges for i, j in edges) / 300)
        self.assertEqual(report["r_k"], max(hit[0] for hits in rows.values() for hit in hits))
        self.assertEqual(report["k_r"], 2)
        self.assertEqual({r["query"]: list(zip(r["distances"], r["ids"])) for r in report["results"]}, rows)
        self.assertNotIn("critical_k", report)
        report = json.loads(self.graph_json("p.npy", "-r", 1.0))
        rows = rows_of(self.points, radius=1.0)
        self.assertEqual((report["k_r"], report["components"]), (min(map(len, rows.values())), parts_of(rows)))

    def graph_json(self, *arguments):
        return self.ok("graph", *arguments, "--json")

    def test_critical_values(self):
        expected_k = next(k for k in range(1, 150) if parts_of(rows_of(self.points, k=k)) == 1)
        radii = sorted({distance(p, q) for p in self.points for q in self.points})
        expected_r = next(r for r in radii if parts_of(rows_of(self.points, radius=r)) == 1)
        for options in (["-k", 1], ["-k", 30], ["-r", 0.5], ["-k", 12, "--self"], ["-k", 9, "-r", 0.25]):
            report = json.loads(self.graph_json("p.npy", *options, "--facts"))
            self.assertEqual((report["critical_k"], report["critical_radius"]), (expected_k, expected_r), options)
        done = self.run_tool("graph", "p.npy", "-k", 3, "--facts")
        self.assertIn(f"critical k {expected_k}, critical r {expected_r:.6g}".replace(".0,", ","), done.stderr)

    def test_epsilon_and_recall(self):
        exact = rows_of(self.points, k=6)
        found = self.answers(self.graph("p.npy", "-k", 6, "--epsilon", 0.5))
        for i, hits in found.items():
            for (a, _), (b, _) in zip(hits, exact[i]):
                self.assertLessEqual(a, 1.5 * b + 1e-12)
        self.assert_rows(self.answers(self.graph("p.npy", "-k", 6, "--recall", 0.9)), exact)
        rng = random.Random(3)
        wide = [[rng.randrange(256) for _ in range(40)] for _ in range(120)]
        self.write("wide.npy", npy_bytes(wide, "<f4"))
        self.assert_rows(self.answers(self.graph("wide.npy", "-k", 4)), rows_of(wide, k=4))
        report = json.loads(self.graph_json("wide.npy", "-k", 4, "--recall", 0.9))
        expected = rows_of(wide, k=4)
        found = sum(j in {hit[1] for hit in expected[r["query"]]} for r in report["results"] for j in r["ids"])
        self.assertGreater(found, 0.8 * 480)
        self.assertEqual(report["recall"]["wanted"], 0.9)

    def test_same_for_any_number_of_threads(self):
        self.assertEqual(self.graph("p.npy", "-k", 5, "--threads", 1), self.graph("p.npy", "-k", 5, "--threads", 4))

    def test_ids_of_a_file_are_left_out(self):
        self.write("named.csv", csv_text(self.points, [900 + i for i in range(150)]))
        self.assertEqual(self.graph("named.csv", "-k", 2), self.graph("p.npy", "-k", 2))

    def test_mistakes(self):
        self.fails(2, "-k, -r or both", "graph", "p.npy")
        self.fails(2, "-k must be", "graph", "p.npy", "-k", 0)
        self.fails(2, "-r must be", "graph", "p.npy", "-r", -1)
        self.fails(2, "unknown metric 'cosine'", "graph", "p.npy", "-k", 1, "--metric", "cosine")
        self.fails(2, "--epsilon must be", "graph", "p.npy", "-k", 1, "--epsilon", -1)
        self.fails(2, "--epsilon goes with -k", "graph", "p.npy", "-r", 1, "--epsilon", 1)
        self.fails(2, "--recall must be", "graph", "p.npy", "-k", 1, "--recall", 0)
        self.fails(2, "--recall goes with -k", "graph", "p.npy", "-r", 1, "--recall", 0.9)
        self.fails(2, "l2 only", "graph", "p.npy", "-k", 1, "--recall", 0.9, "--metric", "l1")
        self.fails(2, "--patches must be", "graph", "p.npy", "-k", 1, "--patches", 33)
        self.fails(3, ["gone.npy", "No such file"], "graph", "gone.npy", "-k", 1)
        self.write("nan.csv", "1,2\nnan,3\n")
        self.fails(3, "nan.csv", "graph", "nan.csv", "-k", 1)
        self.write("wide.npy", npy_of_shape([0.0] * 1025, (1, 1025), "<f4"))
        self.fails(3, ["wide.npy", "1025"], "graph", "wide.npy", "-k", 1)
        self.fails(1, "nowhere", "graph", "p.npy", "-k", 1, "--out", "nowhere/g.npz")

    def test_too_many_edges_are_refused_with_their_number(self):
        count = 100000
        self.write("same.npy", npy_of_shape([0.5] * (2 * count), (count, 2), "<f8"))
        self.fails(3, ["same.npy", str(count * (count - 1)) + " edges", "GB"], "graph", "same.npy", "-r", 1)
        self.fails(3, ["same.npy", "GB"], "graph", "same.npy", "-k", count - 1)
        self.assertEqual(os.listdir(self.directory).count("g.npz"), 0)


class Patches(GraphTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(5)
        self.pixels = [[rng.randrange(256) for _ in range(9)] for _ in range(7)]
        self.patches = [[self.pixels[y + v][x + u] for v in range(3) for u in range(3)]
                        for y in range(5) for x in range(7)]

    def test_of_every_format(self):
        self.write("a.png", grey_png(self.pixels))
        self.write("b.png", grey_png(self.pixels, 16))
        self.write("c.pgm", "P2\n9 7\n255\n" + "\n".join(" ".join(map(str, row)) for row in self.pixels) + "\n")
        self.write("d.npy", npy_bytes(self.pixels, "<f4"))
        self.write("e.npy", npy_bytes(self.pixels, "<i4"))
        expected = rows_of(self.patches, k=4)
        for name in ("a.png", "b.png", "c.pgm", "d.npy", "e.npy"):
            self.assert_rows(self.answers(self.graph(name, "-k", 4, "--patches", 3)), expected)

    def test_mistakes(self):
        self.write("rgb.png", grey_png([[1, 2, 3, 4, 5, 6]] * 2, color=2))
        self.fails(3, ["rgb.png", "colour image (RGB)"], "graph", "rgb.png", "-k", 1, "--patches", 1)
        self.write("alpha.png", grey_png([[1, 2, 3, 4]] * 2, color=4))
        self.fails(3, ["alpha.png", "alpha"], "graph", "alpha.png", "-k", 1, "--patches", 1)
        self.write("a.png", grey_png(self.pixels))
        self.fails(3, ["a.png", "8 x 8", "9 x 7"], "graph", "a.png", "-k", 1, "--patches", 8)
        self.write("cut.png", grey_png(self.pixels)[:-20])
        self.fails(3, ["cut.png", "ends too early"], "graph", "cut.png", "-k", 1, "--patches", 3)
        self.fails(3, ["a.png", "cannot read .png"], "graph", "a.png", "-k", 1)
        self.write("cube.npy", npy_of_shape([0.0] * 8, (2, 2, 2), "<f4"))
        self.fails(3, ["cube.npy", "(2, 2, 2)"], "graph", "cube.npy", "-k", 1, "--patches", 1)


class Normals(ToolTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(7)
        self.points = []
        for _ in range(300):  # on the unit ball
            z, angle = rng.uniform(-1, 1), rng.uniform(0, 2 * math.pi)
            flat = math.sqrt(1 - z * z)
            self.points.append([flat * math.cos(angle), flat * math.sin(angle), z])
        self.write("ball.npy", npy_bytes(self.points, "<f8"))

    def normals(self, *arguments):
        done = self.run_tool("normals", *arguments)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (0, 1), done.stderr)
        return [list(map(float, line.split(":")[1].split())) for line in done.stdout.splitlines()]

    def check(self, found):
        self.assertEqual(len(found), 300)
        for (*normal, curvature), point in zip(found, self.points):
            self.assertAlmostEqual(math.hypot(*normal), 1, places=6)
            self.assertGreater(abs(sum(a * b for a, b in zip(normal, point))), 0.9)
            self.assertTrue(0 <= curvature < 0.1)

    def test_of_a_ball(self):
        up = self.normals("ball.npy", "-k", 12)
        self.check(up)
        self.assertTrue(all(normal[2] >= 0 for normal in up))
        inwards = self.normals("ball.npy", "-k", 12, "--viewpoint", "0,0,0")
        self.check(inwards)
        for normal, point in zip(inwards, self.points):
            self.assertLess(sum(a * b for a, b in zip(normal, point)), 0)
        report = self.ok_json("normals", "ball.npy", "-k", 12)
        self.assertEqual([r["normal"] + [r["curvature"]] for r in report["results"]], up)
        self.assertEqual((report["points"], report["without_normal"]), (300, 0))

    def test_files(self):
        up = self.normals("ball.npy")
        self.check(up)
        self.normals("ball.npy", "--out", "n.npz")
        arrays = read_npz(self.path("n.npz"))
        self.assertEqual(arrays["normals"], ("<f8", (300, 3), [x for row in up for x in row[:3]]))
        self.assertEqual(arrays["curvatures"], ("<f8", (300,), [row[3] for row in up]))
        self.normals("ball.npy", "--out", "n.ply")
        with open(self.path("n.ply"), "rb") as file:
            head, body = file.read().split(b"end_header\n", 1)
        self.assertEqual(re.findall(rb"property double (\w+)", head), [b"x", b"y", b"z", b"nx", b"ny", b"nz", b"curvature"])
        self.assertEqual([list(row) for row in struct.iter_unpack("<7d", body)],
                         [point + row for point, row in zip(self.points, up)])
        self.assertEqual(self.ok_json("info", "n.ply")["points"], 300)

    def test_where_there_is_none(self):
        self.write("few.csv", "0,0,0\n1,0,0\n")
        self.assertEqual(self.normals("few.csv"), [[0] * 4] * 2)
        self.write("one.csv", "0,0,0\n")
        self.assertEqual(self.normals("one.csv"), [[0] * 4])
        self.write("same.csv", "1,1,1\n" * 9)
        self.assertEqual(self.normals("same.csv", "-k", 5), [[0] * 4] * 9)
        self.write("flat.csv", "0,0,0\n1,0,0\n0,1,0\n9,9,9\n")
        self.assertEqual(self.normals("flat.csv", "-r", 2), [[0, 0, 1, 0]] * 3 + [[0] * 4])

    def test_mistakes(self):
        self.fails(2, "-k must be", "normals", "ball.npy", "-k", 0)
        self.fails(2, "--viewpoint", "normals", "ball.npy", "--viewpoint", "1,2")
        self.fails(2, ".ply or .npz", "normals", "ball.npy", "--out", "n.pcd")
        self.write("flat.csv", "0,0\n1,1\n")
        self.fails(3, ["flat.csv", "dimension 2", "3-D"], "normals", "flat.csv")
        self.fails(3, ["gone.ply", "No such file"], "normals", "gone.ply")


if DATA:
    class Real(GraphTest):
        def test_patches_of_a_photograph(self):
            image = os.path.join(DATA, "img_skimage", "camera.png")
            if not os.path.exists(image):
                self.skipTest("no camera.png")
            report = json.loads(self.ok("graph", image, "-k", 3, "--patches", 3, "--out", "g.npz", "--json"))
            self.assertEqual((report["points"], report["dimension"], report["edges"]), (510 * 510, 9, 3 * 510 * 510))

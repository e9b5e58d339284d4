"""knn, within and box against answers by definition, in every input and output form."""
import math
import struct

from support import ToolTest, csv_text, grid_points, npy_bytes, ranked, read_npz

INDEXES = ("kd", "kdmap", "octree", "multiway", "brute")


class Searches(ToolTest):
    def setUp(self):
        super().setUp()
        self.points = grid_points(300, 3, seed=5)
        self.ids = list(range(300))
        self.queries = grid_points(20, 3, seed=6)
        self.write("p.npy", npy_bytes(self.points, "<f8"))
        self.write("p32.npy", npy_bytes(self.points, "<f4"))
        self.write("q.npy", npy_bytes(self.queries, "<f8"))
        self.write("q32.npy", npy_bytes(self.queries, "<f4"))

    def expected(self, keep, points=None, ids=None, **space):
        """label → hits of self.queries that keep(ranked hits) leaves."""
        return {i: keep(ranked(points or self.points, ids or self.ids, q, **space))
                for i, q in enumerate(self.queries)}

    def assert_close(self, found, expected):
        self.assertEqual({q: [i for _, i in hits] for q, hits in found.items()},
                         {q: [i for _, i in hits] for q, hits in expected.items()})
        for query, hits in expected.items():
            for (a, _), (b, _) in zip(found[query], hits):
                self.assertAlmostEqual(a, b, delta=1e-6 * max(1, b))

    def test_knn_with_queries(self):
        for index in INDEXES:
            for files in (("p.npy", "q.npy"), ("p32.npy", "q32.npy"), ("p32.npy", "q.npy")):
                found = self.answers(self.ok("knn", files[0], "--queries", files[1], "-k", 7, "--index", index))
                self.assert_close(found, self.expected(lambda hits: hits[:7]))

    def test_knn_metrics(self):
        weights = [0.5, 2, 1]
        for index in INDEXES:
            for options, space in ((["--metric", "l1"], {"metric": "l1"}), (["--metric", "linf"], {"metric": "linf"}),
                                   (["--weights", "0.5,2,1"], {"weights": weights})):
                found = self.answers(self.ok("knn", "p.npy", "--queries", "q.npy", "-k", 5, "--index", index, *options))
                self.assert_close(found, self.expected(lambda hits: hits[:5], **space))

    def test_knn_radius_and_more_than_all(self):
        found = self.answers(self.ok("knn", "p.npy", "--queries", "q.npy", "-k", 9, "--radius", 1.25))
        self.assert_close(found, self.expected(lambda hits: [h for h in hits if h[0] <= 1.25][:9]))
        found = self.answers(self.ok("knn", "p.npy", "--queries", "q.npy", "-k", 1000))
        self.assert_close(found, self.expected(lambda hits: hits))

    def test_periodic(self):
        for index in INDEXES:
            for text, lengths in (("8,8,8", [8, 8, 8]), ("8,0,inf", [8, None, None])):
                found = self.answers(self.ok("knn", "p.npy", "--queries", "q.npy", "-k", 6, "--periodic", text, "--index", index))
                self.assert_close(found, self.expected(lambda hits: hits[:6], lengths=lengths))

    def test_self_is_left_out_by_id(self):
        points = [[1.0, 1.0]] * 5 + [[2.0, 1.0]]
        self.write("same.csv", csv_text(points))
        for index in INDEXES:
            found = self.answers(self.ok("knn", "same.csv", "-k", 2, "--index", index))
            for i, point in enumerate(points):
                others = [hit for hit in ranked(points, range(6), point) if hit[1] != i]
                self.assertEqual(found[i], others[:2])
            found = self.answers(self.ok("within", "same.csv", "-r", 0, "--index", index))
            self.assertEqual(found[0], [(0.0, i) for i in range(1, 5)])
            self.assertEqual(found[5], [])
        found = self.answers(self.ok("knn", "same.csv", "-k", 2, "--self"))
        self.assertEqual(found[4], [(0.0, 0), (0.0, 1)])
        found = self.answers(self.ok("within", "same.csv", "-r", 0, "--self"))
        self.assertEqual(found[5], [(0.0, 5)])

    def test_caller_ids(self):
        ids = [7 * (299 - i) + 1 for i in range(300)]
        for separator in (",", ";", " "):
            self.write("named.csv", csv_text(self.points, ids, separator))
            found = self.answers(self.ok("knn", "named.csv", "--queries", "q.npy", "-k", 5))
            self.assert_close(found, self.expected(lambda hits: hits[:5], ids=ids))
        labels = [1000 + i for i in range(20)]
        self.write("named_queries.csv", csv_text(self.queries, labels))
        found = self.answers(self.ok("within", "named.csv", "--queries", "named_queries.csv", "-r", 1))
        self.assertEqual(sorted(found), labels)
        self.assertEqual(set(self.answers(self.ok("knn", "named.csv", "-k", 1))), set(ids))

    def test_within(self):
        for index in INDEXES:
            for radius in (0, 0.25, 1.5):
                found = self.answers(self.ok("within", "p.npy", "--queries", "q.npy", "-r", radius, "--index", index))
                self.assert_close(found, self.expected(lambda hits: [h for h in hits if h[0] <= radius]))

    def inside(self, lower, upper):
        return [i for i, p in enumerate(self.points) if all(a <= x <= b for a, x, b in zip(lower, p, upper))]

    def test_box(self):
        for index in INDEXES:
            found = self.answers(self.ok("box", "p.npy", "--lower", "-1,0.5,2", "--upper", "3,4,7.75", "--index", index),
                                 pairs=False)
            self.assertEqual(found, {0: self.inside([-1, 0.5, 2], [3, 4, 7.75])})
        boxes = [[min(a, b) for a, b in zip(p, q)] + [max(a, b) for a, b in zip(p, q)]
                 for p, q in zip(self.points, self.queries)]
        self.write("boxes.npy", npy_bytes(boxes, "<f8"))
        expected = {i: self.inside(b[:3], b[3:]) for i, b in enumerate(boxes)}
        self.assertEqual(self.answers(self.ok("box", "p.npy", "--boxes", "boxes.npy"), pairs=False), expected)
        report = self.ok_json("box", "p.npy", "--boxes", "boxes.npy")
        self.assertEqual({r["query"]: r["ids"] for r in report["results"]}, expected)
        done = self.run_tool("box", "p32.npy", "--boxes", "boxes.npy", "--out", "b.npz")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        arrays = read_npz(self.path("b.npz"))
        self.assertEqual(set(arrays), {"offsets", "ids"})
        _, _, offsets = arrays["offsets"]
        self.assertEqual([arrays["ids"][2][a:b] for a, b in zip(offsets, offsets[1:])], list(expected.values()))

    def test_json(self):
        report = self.ok_json("knn", "p.npy", "--queries", "q.npy", "-k", 4)
        self.assertEqual((report["points"], report["dimension"], report["scalar"], report["index"], report["queries"],
                          report["k"]), (300, 3, "float64", "kd", 20, 4))
        found = {r["query"]: list(zip(r["distances"], r["ids"])) for r in report["results"]}
        self.assert_close(found, self.expected(lambda hits: hits[:4]))
        self.assertEqual(self.ok_json("knn", "p32.npy", "-k", 4)["scalar"], "float32")
        self.assertEqual(self.ok_json("knn", "p32.npy", "-k", 4, "--double")["scalar"], "float64")
        self.assertEqual(self.ok_json("knn", "p32.npy", "-k", 4, "--queries", "q.npy")["scalar"], "float64")
        report = self.ok_json("within", "p.npy", "--queries", "q.npy", "-r", 1)
        found = {r["query"]: list(zip(r["distances"], r["ids"])) for r in report["results"]}
        self.assert_close(found, self.expected(lambda hits: [h for h in hits if h[0] <= 1]))

    def test_arrays(self):
        done = self.run_tool("knn", "p.npy", "--queries", "q.npy", "-k", 310, "--out", "k.npz", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        arrays = read_npz(self.path("k.npz"))
        self.assertEqual({name: a[:2] for name, a in arrays.items()},
                         {"ids": ("<i8", (20, 310)), "distances": ("<f8", (20, 310))})
        ids, distances = arrays["ids"][2], arrays["distances"][2]
        for i, hits in self.expected(lambda hits: hits).items():
            self.assertEqual(ids[310 * i : 310 * (i + 1)], [hit[1] for hit in hits] + [-1] * 10)
            self.assertEqual(distances[310 * i + 300 : 310 * (i + 1)], [math.inf] * 10)
        done = self.run_tool("within", "p32.npy", "--queries", "q32.npy", "-r", 1, "--out", "w.npz")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        arrays = read_npz(self.path("w.npz"))
        self.assertEqual({name: a[0] for name, a in arrays.items()},
                         {"offsets": "<i8", "ids": "<i8", "distances": "<f8"})
        self.assertEqual(arrays["offsets"][1], (21,))
        _, _, offsets = arrays["offsets"]
        rows = list(zip(arrays["distances"][2], arrays["ids"][2]))
        self.assert_close({i: rows[a:b] for i, (a, b) in enumerate(zip(offsets, offsets[1:]))},
                          self.expected(lambda hits: [h for h in hits if h[0] <= 1]))

    def test_threads_change_nothing(self):
        for command in (["knn", "p.npy", "-k", 5], ["within", "p.npy", "-r", 2], ["box", "p.npy", "--lower", "0,0,0", "--upper", "4,4,4"]):
            outputs = {self.ok(*command, "--threads", threads) for threads in (1, 2, 7)}
            self.assertEqual(len(outputs), 1)

    def test_strategies_change_nothing(self):
        names = ["automatic"] + [order + volume for order in ("depth-first", "best-first", "breadth-first")
                                 for volume in ("", "/ball")]
        for command in (["knn", "p.npy", "-k", 5], ["within", "p.npy", "-r", 2]):
            for index in INDEXES:
                outputs = {self.ok(*command, "--index", index, "--strategy", name) for name in names}
                self.assertEqual(len(outputs), 1)
            self.fails(2, ["--strategy", "worst-first", "breadth-first"], *command, "--strategy", "worst-first")

    def test_global_options_before_the_subcommand(self):
        self.assertEqual(self.ok("--json", "--threads", 1, "knn", "p.npy", "-k", 2), self.ok("knn", "p.npy", "-k", 2, "--json"))

    def test_formats_agree(self):
        points32 = [p for p in self.points[:50]]
        expected = self.ok("knn", self.write("a.npy", npy_bytes(points32, "<f4")), "-k", 3)
        vertex = "element vertex 50\nproperty float x\nproperty float y\nproperty float z\nend_header\n"
        rows = "".join(" ".join(map(repr, p)) + "\n" for p in points32)
        pack = lambda order: b"".join(struct.pack(order + "3f", *p) for p in points32)
        files = {
            "b.csv": csv_text(points32),
            "c.csv": "x;y;z\n" + csv_text(points32, separator=";"),
            "d.xyz": rows,
            "e.ply": "ply\nformat ascii 1.0\n" + vertex + rows,
            "f.ply": b"ply\nformat binary_little_endian 1.0\n" + vertex.encode() + pack("<"),
            "g.ply": b"ply\nformat binary_big_endian 1.0\n" + vertex.encode() + pack(">"),
            "h.bin": b"".join(struct.pack("<4f", *p, 0.5) for p in points32),
            "i.npy": npy_bytes(points32, "<f8"),
        }
        for name, content in files.items():
            # Both scalar types print the shortest text that reads back; compare the neighbours, then the values.
            found, wanted = self.answers(self.ok("knn", self.write(name, content), "-k", 3)), self.answers(expected)
            self.assert_close(found, wanted)

    def test_saved_index(self):
        for index in INDEXES:
            for points, options in (("p.npy", []), ("p32.npy", []), ("p.npy", ["--periodic", "8,8,0"])):
                built = self.ok("knn", points, "-k", 5, "--index", index, "--save", "saved.idx", *options)
                self.assertEqual(self.ok("knn", "saved.idx", "-k", 5), built)
                self.assertEqual(self.ok("knn", "saved.idx", "--load", "-k", 5), built)
                self.assertEqual(self.ok("within", "saved.idx", "-r", 1),
                                 self.ok("within", points, "-r", 1, "--index", index, *options))
                info = self.ok_json("info", "saved.idx")
                self.assertEqual((info["index"], info["points"], info["dimension"], info["scalar"]),
                                 (index, 300, 3, "float32" if points == "p32.npy" else "float64"))

    def test_options_of_building_with_a_saved_index(self):
        searches = (["knn", "s.idx", "-k", 1], ["within", "s.idx", "-r", 1], ["view", "s.idx", "--out", "page.html"],
                    ["box", "s.idx", "--lower", "0,0,0", "--upper", "1,1,1"])
        options = (["--index", "kd"], ["--balance", "avl"], ["--capacity", "8"], ["--alpha", "2"], ["--graph-k", "5"],
                   ["--periodic", "1,1,1"], ["--double"])
        for index in ("graph", "octree", "kd"):  # an option that the saved index was built with is refused, too
            self.ok("knn", "p.npy", "-k", 1, "--index", index, "--save", "s.idx")
            for search in searches:
                for option in options:
                    with self.subTest(index=index, search=search[0], option=option[0]):
                        self.fails(2, f"{option[0]} is for building an index; s.idx is a saved one and has its own",
                                   *search, *option)
        self.fails(2, "--capacity and --alpha are for building an index; s.idx is a saved one and has its own",
                   *searches[0], "--capacity", "8", "--alpha", "2")

    def test_one_point_and_none(self):
        self.write("one.csv", "1,2\n")
        self.assertEqual(self.ok("knn", "one.csv", "-k", 3), "0:\n")
        self.assertEqual(self.ok("knn", "one.csv", "-k", 3, "--self"), "0: 0 0\n")
        self.write("none.npy", npy_bytes([], "<f8").replace(b"(0, 0)", b"(0, 2)"))
        self.assertEqual(self.ok("knn", "none.npy", "-k", 3), "")
        self.assertEqual(self.ok("knn", "none.npy", "-k", 3, "--queries", "one.csv"), "0:\n")
        self.assertEqual(self.ok("box", "none.npy", "--lower", "0,0", "--upper", "1,1"), "0:\n")
        self.assertEqual(self.ok("knn", "one.csv", "-k", 3, "--queries", "none.npy"), "")
        self.assertEqual(self.ok_json("knn", "none.npy", "-k", 3)["results"], [])

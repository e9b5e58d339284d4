"""kmeans against its definition, in every output form, and what it refuses."""
import json
import os
import random

from support import ToolTest, csv_text, float32, npy_bytes, read_npz

METHODS = ["automatic", "lloyd", "elkan", "hamerly", "filtering", "two-trees"]


def squared(p, q):
    return sum((a - b) * (a - b) for a, b in zip(p, q))


def nearest(point, centers):
    return min(range(len(centers)), key=lambda j: (squared(point, centers[j]), j))


class KMeansTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(5)
        middles = [(self.random.uniform(0, 50), self.random.uniform(0, 50)) for _ in range(6)]
        self.points = [[self.random.gauss(m[0], 1), self.random.gauss(m[1], 1)] for m in middles for _ in range(80)]
        self.random.shuffle(self.points)
        self.write("p.csv", csv_text(self.points))

    def test_example_of_the_help(self):
        self.write("points.csv", "0,0\n1,0\n8,8\n9,8\n")
        done = self.run_tool("kmeans", "points.csv", "-k", 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(line.split(": ")[1] for line in done.stdout.splitlines()), ["0.5 0 2", "8.5 8 2"])
        self.assertIn("4 points, 2 centers; sse 1 ", done.stderr)

    def test_labels_are_nearest_and_centers_are_means(self):
        found = self.ok_json("kmeans", "p.csv", "-k", 6, "--labels", "--tolerance", 0)
        self.assertTrue(found["converged"])
        centers, labels = found["centers"], found["labels"]
        self.assertEqual(labels, [nearest(p, centers) for p in self.points])
        self.assertEqual(found["weights"], [labels.count(j) for j in range(6)])
        for j, center in enumerate(centers):
            members = [p for p, label in zip(self.points, labels) if label == j]
            for axis in range(2):
                self.assertAlmostEqual(center[axis], sum(p[axis] for p in members) / len(members), 9)
        self.assertAlmostEqual(found["sse"], sum(squared(p, centers[j]) for p, j in zip(self.points, labels)), 6)

    def test_methods_threads_and_forms_agree(self):
        expected = self.ok_json("kmeans", "p.csv", "-k", 9, "--labels", "--init", "random", "--seed", 4)
        for method in METHODS:
            for threads in (1, 2):
                found = self.ok_json("kmeans", "p.csv", "-k", 9, "--labels", "--init", "random", "--seed", 4,
                                     "--method", method, "--threads", threads)
                for name in ("centers", "labels", "weights", "sse", "iterations"):
                    self.assertEqual(found[name], expected[name], (method, name))
        done = self.run_tool("kmeans", "p.csv", "-k", 9, "--labels", "--init", "random", "--seed", 4)
        self.assertEqual([int(line.split(": ")[1]) for line in done.stdout.splitlines()], expected["labels"])
        self.ok_json("kmeans", "p.csv", "-k", 9, "--init", "random", "--seed", 4, "--out", "a.npz")
        arrays = read_npz(self.path("a.npz"))
        self.assertEqual(arrays["centers"], ("<f8", (9, 2), [x for c in expected["centers"] for x in c]))
        self.assertEqual(arrays["labels"], ("<i4", (480,), expected["labels"]))
        self.assertEqual(arrays["weights"], ("<f8", (9,), expected["weights"]))
        self.assertEqual(arrays["sse"], ("<f8", (), [expected["sse"]]))

    def test_float32_and_given_centers(self):
        rows = [[float32(x) for x in p] for p in self.points]
        self.write("p.npy", npy_bytes(rows, "<f4"))
        self.write("c.npy", npy_bytes(rows[:3], "<f4"))
        found = self.ok_json("kmeans", "p.npy", "--init", "c.npy", "--iterations", 0, "--labels")
        self.assertEqual((found["scalar"], found["k"], found["iterations"]), ("float32", 3, 0))
        self.assertEqual(found["centers"], rows[:3])
        self.assertEqual(found["labels"], [nearest(p, rows[:3]) for p in rows])
        wide = self.ok_json("kmeans", "p.npy", "-k", 3, "--init", "c.npy", "--iterations", 0, "--labels", "--double")
        self.assertEqual((wide["scalar"], wide["labels"]), ("float64", found["labels"]))

    def test_simplify(self):
        found = self.ok_json("kmeans", "p.csv", "-k", 50, "--simplify", "--labels")
        moved = [squared(p, found["centers"][j]) ** 0.5 for p, j in zip(self.points, found["labels"])]
        self.assertAlmostEqual(found["mean_displacement"], sum(moved) / 480, 9)
        self.assertAlmostEqual(found["largest_displacement"], max(moved), 12)
        done = self.run_tool("kmeans", "p.csv", "-k", 50, "--simplify", "--out", "small.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("displacement", done.stderr)
        self.assertTrue(os.path.getsize(self.path("small.csv")) > 0)

    def test_refusals(self):
        self.fails(2, "-k is required", "kmeans", "p.csv")
        self.fails(2, "-k must be", "kmeans", "p.csv", "-k", 0)
        self.fails(2, "lloyd, elkan", "kmeans", "p.csv", "-k", 2, "--method", "fast")
        self.fails(2, "--restarts", "kmeans", "p.csv", "-k", 2, "--restarts", 0)
        self.fails(2, "--tolerance", "kmeans", "p.csv", "-k", 2, "--tolerance", -1)
        self.fails(2, "--iterations", "kmeans", "p.csv", "-k", 2, "--iterations", -1)
        self.fails(2, ".npz", "kmeans", "p.csv", "-k", 2, "--out", "labels.txt")
        self.write("same.csv", "1,2\n1,2\n3,4\n")
        self.fails(3, ["same.csv", "k is 3", "2 distinct points"], "kmeans", "same.csv", "-k", 3)
        self.write("nan.csv", "1,2\nnan,3\n4,5\n")
        self.fails(3, "nan.csv", "kmeans", "nan.csv", "-k", 2)
        self.write("empty.npy", npy_bytes([], "<f8"))
        self.fails(3, "empty.npy", "kmeans", "empty.npy", "-k", 1)
        self.write("c.csv", "1,2,3\n4,5,6\n")
        self.fails(3, ["3 axes", "2"], "kmeans", "p.csv", "--init", "c.csv")
        self.fails(3, ["c.csv", "2 centers", "-k 3"], "kmeans", "p.csv", "-k", 3, "--init", "c.csv")
        self.fails(3, ["gone.csv", "No such file"], "kmeans", "p.csv", "--init", "gone.csv")
        self.write("wide.csv", "\n".join(",".join(str((i * j) % 7) for j in range(1, 13)) for i in range(20)) + "\n")
        self.fails(3, ["filtering", "8 axes", "12"], "kmeans", "wide.csv", "-k", 2, "--method", "filtering")

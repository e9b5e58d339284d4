"""Bad command lines, bad files, damaged stores: one line that names the mistake, the right code, nothing left behind."""
import os

from support import ToolTest, csv_text, grid_points, npy_bytes


class UsageErrors(ToolTest):
    def setUp(self):
        super().setUp()
        self.write("p.csv", "0,0\n3,4\n6,8\n")

    def test_command_lines(self):
        cases = [
            ("subcommand is required", []),
            ("unknown subcommand 'foo'; known: info, convert, knn", ["foo"]),
            ("POINTS is required", ["knn"]),
            ("-k is required", ["knn", "p.csv"]),
            ("-k must be 1 … 2147483647, found 0", ["knn", "p.csv", "-k", "0"]),
            ("found -3", ["knn", "p.csv", "-k", "-3"]),
            ("-k: 'x' is not a whole number", ["knn", "p.csv", "-k", "x"]),
            ("-k: '1.5' is not a whole number", ["knn", "p.csv", "-k", "1.5"]),
            ("unknown index 'foo'; known: kd, kdmap, octree, multiway, graph, brute", ["knn", "p.csv", "-k", "1", "--index", "foo"]),
            ("unknown metric 'foo'", ["knn", "p.csv", "-k", "1", "--metric", "foo"]),
            ("--weights: 1 value given, but the points have 2 axes", ["knn", "p.csv", "-k", "1", "--weights", "1"]),
            ("--weights: a weight must be positive", ["knn", "p.csv", "-k", "1", "--weights", "1,0"]),
            ("--weights: 'a' is not a number", ["knn", "p.csv", "-k", "1", "--weights", "1,a"]),
            ("--metric excludes --weights", ["knn", "p.csv", "-k", "1", "--weights", "1,1", "--metric", "l1"]),
            ("--periodic: 1 value given", ["knn", "p.csv", "-k", "1", "--periodic", "5"]),
            ("--periodic: a length must not be negative", ["knn", "p.csv", "-k", "1", "--periodic", "-5,5"]),
            ("--radius must be a number of at least 0, found -1", ["knn", "p.csv", "-k", "1", "--radius", "-1"]),
            ("-r must be a number of at least 0, found -1", ["within", "p.csv", "-r", "-1"]),
            ("-r must be a number of at least 0, found nan", ["within", "p.csv", "-r", "nan"]),
            ("--radius is required", ["within", "p.csv"]),
            ("--queries excludes --self", ["within", "p.csv", "-r", "1", "--self", "--queries", "p.csv"]),
            ("--lower and --upper, or --boxes", ["box", "p.csv"]),
            ("--lower and --upper, or --boxes", ["box", "p.csv", "--lower", "1,1"]),
            ("--lower: 1 value given, but the points have 2 axes", ["box", "p.csv", "--lower", "1", "--upper", "2"]),
            ("--lower has 2 values, --upper 3", ["box", "p.csv", "--lower", "1,1", "--upper", "2,2,2"]),
            ("--lower 1 is above --upper 0 on axis 1", ["box", "p.csv", "--lower", "0,1", "--upper", "0,0"]),
            ("--lower: NaN is not allowed", ["box", "p.csv", "--lower", "nan,1", "--upper", "0,0"]),
            ("--lower excludes --boxes", ["box", "p.csv", "--lower", "0,1", "--upper", "0,0", "--boxes", "p.csv"]),
            ("--ops must be at least 1", ["churn", "p.csv", "--ops", "0"]),
            ("--check-every must be at least 1", ["churn", "p.csv", "--check-every", "0"]),
            ("unknown balance 'foo'", ["churn", "p.csv", "--balance", "foo"]),
            ("only kd and kdmap are balanced indexes", ["churn", "p.csv", "--index", "brute", "--balance", "avl"]),
            ("--balance: a KdMap cannot be balanced by 'growth'; expected avl-1 to avl-8 or red-black",
             ["churn", "p.csv", "--index", "kdmap", "--balance", "growth"]),
            ("only kd and kdmap are balanced indexes", ["churn", "p.csv", "--index", "octree", "--balance", "avl"]),
            ("--capacity: capacity (K) is 0; expected 1 to 1048576",
             ["churn", "p.csv", "--index", "octree", "--capacity", "0"]),
            ("--alpha: alpha is 0.500000; expected 1 to 64", ["churn", "p.csv", "--index", "octree", "--alpha", "0.5"]),
            ("--capacity: 'x' is not a whole number", ["churn", "p.csv", "--index", "octree", "--capacity", "x"]),
            ("--alpha: alpha is 99.000000; expected 1 to 64",
             ["churn", "p.csv", "--index", "octree", "--capacity", "8", "--alpha", "99"]),
            ("--capacity: only an octree has it", ["churn", "p.csv", "--capacity", "8"]),
            ("--graph-k: only a graph keeps neighbours", ["churn", "p.csv", "--graph-k", "8"]),
            ("--graph-k must be 1 …", ["churn", "p.csv", "--index", "graph", "--graph-k", "0"]),
            ("--threads: must be 0 … 1024, found -1", ["knn", "p.csv", "-k", "1", "--threads", "-1"]),
            ("not expected: --bogus", ["knn", "p.csv", "-k", "1", "--bogus"]),
            ("not expected: extra", ["knn", "p.csv", "extra", "-k", "1"]),
        ]
        for fragment, arguments in cases:
            with self.subTest(arguments):
                self.fails(2, fragment, *arguments)

    def test_a_refusal_leaves_no_file(self):
        self.fails(2, "--weights", "knn", "p.csv", "-k", 1, "--weights", "1", "--save", "s.idx", "--out", "o.npz")
        self.write("wide.csv", "1,2,3\n")
        self.fails(3, "wide.csv", "knn", "p.csv", "-k", 1, "--queries", "wide.csv", "--save", "s.idx", "--out", "o.npz")
        self.assertEqual(sorted(os.listdir(self.directory)), ["p.csv", "wide.csv"])

    def test_unwritable_output(self):
        self.fails(1, "absent", "knn", "p.csv", "-k", 1, "--out", "absent/o.npz")
        self.fails(1, "absent", "knn", "p.csv", "-k", 1, "--save", "absent/s.idx")
        self.assertEqual(os.listdir(self.directory), ["p.csv"])
        if os.path.exists("/dev/full"):
            done = __import__("subprocess").run(
                f"'{os.environ['COPPICE_TOOL']}' knn p.csv -k 1 > /dev/full", shell=True, cwd=self.directory,
                capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("standard output could not be written", done.stderr)


class BadFiles(ToolTest):
    def test_point_files(self):
        good = npy_bytes([[0.0, 1.0], [2.0, 3.0]], "<f8")
        nan = npy_bytes([[0.0, 1.0], [2.0, float("nan")]], "<f8")
        ply = b"ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\nproperty float y\n" \
              b"property float z\nend_header\n" + b"\0" * 23
        files = {
            "nan.npy": (nan, "row 1"), "cut.npy": (good[:-3], "cut.npy"), "header.npy": (good[:20], "header.npy"),
            "long.npy": (good + b"x", "long.npy"), "text.npy": (b"hello world, this is no array", "text.npy"),
            "int.npy": (good.replace(b"<f8", b"<i8"), "<i8"), "empty.npy": (b"", "empty.npy"),
            "uneven.csv": ("1,2\n3\n", "2"), "word.csv": ("1,2\n3,four\n", "four"), "empty.csv": ("", "empty.csv"),
            "nan.csv": ("1,2\n3,nan\n", "nan"), "id.csv": ("id,x\n1,2\n1,3\n", "row 1"),
            "negative.csv": ("id,x\n-1,2\n", "-1"), "half.csv": ("id,x\n0.5,2\n", "0.5"),
            "cut.bin": (b"\0" * 17, "cut.bin"), "cut.ply": (ply, "cut.ply"), "none.ply": (b"ply\n", "none.ply"),
            "what.foo": (b"1,2\n", "what.foo"), "far.csv": ("1,2\n3,1e200\n", "row 1"),
        }
        for name, (content, fragment) in files.items():
            with self.subTest(name):
                self.write(name, content)
                self.fails(3, [name, fragment], "knn", name, "-k", 1)
                self.fails(3, [name, fragment], "churn", name, "--ops", 1)
        for name, line in {"nan.csv": "nan.csv:2: column 2: found 'nan', expected a finite number",
                           "nan.npy": "nan.npy: row 1: coordinate 1 is nan, expected a finite number",
                           "uneven.csv": "uneven.csv:2: found 1 column, expected 2 as in line 1",
                           "id.csv": "id.csv: row 1: id 1 stands twice in this batch"}.items():
            with self.subTest(line):  # one place, said once
                self.assertEqual(self.run_tool("knn", name, "-k", 1).stderr, f"coppice: {line}\n")
        self.fails(3, "missing.npy", "knn", "missing.npy", "-k", 1)
        self.fails(3, "missing.npy", "info", "missing.npy")

    def test_query_files(self):
        self.write("line.csv", "1\n2\n")
        self.write("p.csv", "0,0\n3,4\n")
        self.fails(3, "p.csv: 2 columns found, expected 1 for an index of 1 dimension", "knn", "line.csv", "-k", 1,
                   "--queries", "p.csv")
        self.fails(3, "line.csv: 1 column found, expected 2 for an index of 2 dimensions", "knn", "p.csv", "-k", 1,
                   "--queries", "line.csv")
        self.write("wide.csv", "1,2,3\n")
        self.fails(3, ["wide.csv", "3 columns found, expected 2"], "knn", "p.csv", "-k", 1, "--queries", "wide.csv")
        self.fails(3, ["wide.csv", "3 columns found, expected 4"], "box", "p.csv", "--boxes", "wide.csv")
        self.write("crossed.csv", "0,0,1,1\n0,3,1,2\n")
        self.fails(3, ["crossed.csv", "row 1", "axis 1"], "box", "p.csv", "--boxes", "crossed.csv")
        self.write("far.csv", "1,1\n2,1e200\n")
        self.fails(3, ["far.csv", "row 1"], "within", "p.csv", "-r", 1, "--queries", "far.csv")
        self.fails(3, "missing.csv", "knn", "p.csv", "-k", 1, "--queries", "missing.csv")

    def test_an_octree_of_other_dimensions(self):
        self.write("line.csv", "0\n3\n6\n")
        self.write("four.csv", "0,0,0,0\n3,3,3,3\n")
        for name, dimension in (("line.csv", 1), ("four.csv", 4)):
            for command in (["knn", name, "-k", "1"], ["churn", name], ["view", name, "--out", "page.html"]):
                with self.subTest(command=command):
                    self.fails(2, f"an octree has 2 or 3 dimensions, the points have {dimension}", *command,
                                 "--index", "octree")


class DamagedStores(ToolTest):
    def test_every_kind_of_damage(self):
        self.write("p.csv", csv_text(grid_points(40, 2, seed=1)))
        for index in ("kd", "kdmap", "octree", "multiway", "brute"):
            self.ok("knn", "p.csv", "-k", 1, "--index", index, "--save", "good.idx")
            with open(self.path("good.idx"), "rb") as file:
                good = file.read()
            self.ok("info", "good.idx")
            step = max(1, len(good) // 60)
            for position in sorted({*range(0, len(good), step), *range(0, 40), len(good) - 1}):
                damaged = bytearray(good)
                damaged[position] ^= 0x41
                self.write("bad.idx", bytes(damaged))
                with self.subTest(index=index, flipped=position):
                    self.fails(4, "bad.idx", "knn", "bad.idx", "-k", 1)
            for length in {8, 31, len(good) // 2, len(good) - 1}:
                self.write("bad.idx", good[:length])
                with self.subTest(index=index, length=length):
                    self.fails(4, "bad.idx", "info", "bad.idx")
            self.write("bad.idx", good + b"\0")
            self.fails(4, "bad.idx", "info", "bad.idx")
        self.write("short.idx", good[:5])
        self.fails(4, "short.idx", "info", "short.idx", "--load")
        self.write("short.coppice", good[:5])
        self.fails(4, "short.coppice", "knn", "short.coppice", "-k", 1)
        self.fails(3, "gone.coppice", "knn", "gone.coppice", "-k", 1)

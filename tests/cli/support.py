"""What the tests of the tool share: running it, writing and reading its files, and answers by definition."""
import array
import ast
import json
import math
import os
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
import zipfile

TOOL = os.environ.get("COPPICE_TOOL", "coppice")
DATA = os.path.abspath(os.environ["COPPICE_DATA"]) if os.environ.get("COPPICE_DATA") else ""
TYPECODES = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q"}


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def npy_bytes(rows, dtype):
    """A .npy file of a list of rows."""
    return npy_of_shape([x for row in rows for x in row], (len(rows), len(rows[0]) if rows else 0), dtype)


def npy_of_shape(numbers, shape, dtype):
    """A .npy file of any shape from its numbers in C order."""
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    body = array.array(TYPECODES[dtype], numbers).tobytes()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


def read_npy(data):
    """(dtype, shape, flat list) of a .npy file."""
    assert data[:6] == b"\x93NUMPY" and data[6] == 1
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert not header["fortran_order"]
    values = array.array(TYPECODES[header["descr"]], data[10 + length :]).tolist()
    assert len(values) == math.prod(header["shape"])
    return header["descr"], header["shape"], values


def read_npz(path):
    """name → (dtype, shape, flat list); the archive must be uncompressed and its checksums right."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
        return {name[: -len(".npy")]: read_npy(archive.read(name)) for name in archive.namelist()}


def csv_text(rows, ids=None, separator=","):
    if ids is None:
        return "".join(separator.join(repr(x) for x in row) + "\n" for row in rows)
    names = separator.join(["id"] + ["abcdefgh"[i] for i in range(len(rows[0]))])
    return names + "\n" + "".join(
        separator.join([str(i)] + [repr(x) for x in row]) + "\n" for i, row in zip(ids, rows))


def grid_points(count, dimension, seed, steps=32):
    """Points on a grid of exact binary fractions: plenty of ties and duplicates, and no rounding in float32 either."""
    rng = random.Random(seed)
    return [[rng.randrange(steps) / 4 for _ in range(dimension)] for _ in range(count)]


def distance(a, b, metric="l2", weights=None, lengths=None):
    terms = []
    for axis, (x, y) in enumerate(zip(a, b)):
        difference = abs(x - y)
        if lengths and lengths[axis] and not math.isinf(lengths[axis]):
            difference = min(difference, lengths[axis] - difference)
        terms.append(difference)
    if metric == "l1":
        return sum(terms)
    if metric == "linf":
        return max(terms)
    return math.sqrt(sum((weights[i] if weights else 1) * t * t for i, t in enumerate(terms)))


def ranked(points, ids, query, **space):
    """Every (distance, id), by distance, ties by id."""
    return sorted((distance(p, query, **space), i) for p, i in zip(points, ids))


class ToolTest(unittest.TestCase):
    """A test in an empty directory of its own."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="coppice-cli-")
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        with open(self.path(name), "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)
        return name

    def run_tool(self, *arguments, environment=None):
        return subprocess.run([TOOL, *map(str, arguments)], cwd=self.directory, capture_output=True, text=True,
                              timeout=300, env={**os.environ, **(environment or {})})

    def ok(self, *arguments):
        """Standard output of a run that must succeed and say nothing else."""
        done = self.run_tool(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def ok_json(self, *arguments):
        return json.loads(self.ok(*arguments, "--json"))

    def fails(self, code, fragments, *arguments):
        """A run that must fail with `code`, no output, and one line on stderr that holds every fragment."""
        done = self.run_tool(*arguments)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertEqual(done.stdout, "", arguments)
        self.assertRegex(done.stderr, r"\Acoppice: [^\n]+\n\Z", arguments)
        for fragment in [fragments] if isinstance(fragments, str) else fragments:
            self.assertIn(fragment, done.stderr, arguments)

    def answers(self, output, pairs=True):
        """query id → [(distance, id)] (or [id]) of the text output."""
        parsed = {}
        for line in output.splitlines():
            label, rest = line.split(":")
            words = rest.split()
            if pairs:
                parsed[int(label)] = [(float(words[i + 1]), int(words[i])) for i in range(0, len(words), 2)]
            else:
                parsed[int(label)] = [int(word) for word in words]
        return parsed

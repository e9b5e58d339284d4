"""trace and build-report: pictures that are the same always, what is refused, and that nothing half-written stays."""
import gzip
import json
import os
import struct
import unittest
import zlib

from support import DATA, ToolTest

TETRAHEDRON = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
BUILDERS = ("lbvh", "fast", "binned", "sweep", "sbvh", "neural", "recursive", "portfolio")
SMALL = ("--width", 24, "--height", 16, "--samples", 2)


def read_png(data):
    """(width, height, bytes of the unfiltered rows' deflated stream): enough to see that it is a whole picture."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, size = 8, b"", None
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(name + content)
        if name == b"IHDR":
            size = struct.unpack(">IIBBBBB", content)
        elif name == b"IDAT":
            body += content
        at += 12 + length
    rows = zlib.decompress(body)
    assert size[2:4] == (8, 2) and len(rows) == size[1] * (3 * size[0] + 1)
    return size[0], size[1], rows


class TraceTest(ToolTest):
    def picture(self, name, *arguments):
        done = self.run_tool("trace", *arguments, *SMALL, "--out", name)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        with open(self.path(name), "rb") as file:
            return file.read()


class Trace(TraceTest):
    def setUp(self):
        super().setUp()
        self.write("t.obj", TETRAHEDRON)

    def test_same_picture_for_any_threads_builder_and_file(self):
        first = self.picture("a.png", "t.obj")
        self.assertEqual(read_png(first)[:2], (24, 16))
        self.write("t.obj.gz", gzip.compress(TETRAHEDRON.encode()))
        self.write("t.ply", "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
                   "property float z\nelement face 4\nproperty list uchar int vertex_indices\nend_header\n"
                   "0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n")
        for arguments in (["t.obj.gz"], ["t.ply"], ["t.obj", "--threads", 1], ["t.obj", "--threads", 3],
                          *(["t.obj", "--builder", builder] for builder in BUILDERS)):
            self.assertEqual(self.picture("b.png", *arguments), first, arguments)
        for arguments in (["--seed", 2], ["--sun", "200,20"], ["--camera", "3,3,3:0,0,0:40"], ["--floor", "off"],
                          ["--bounces", 0], ["--up", "z"], ["--exposure", 0.5]):
            self.assertNotEqual(self.picture("b.png", "t.obj", *arguments), first, arguments)

    def test_json_says_what_was_done(self):
        report = self.ok_json("trace", "soup", "--triangles", 500, *SMALL, "--out", "a.png", "--threads", 2)
        self.assertEqual({key: report[key] for key in ("scene", "triangles", "builder", "threads", "width", "height",
                                                       "samples", "bounces", "primary_rays", "out")},
                         {"scene": "soup", "triangles": 500, "builder": "binned", "threads": 2, "width": 24,
                          "height": 16, "samples": 2, "bounces": 4, "primary_rays": 24 * 16 * 2, "out": "a.png"})
        self.assertGreater(report["bounce_rays"], 0)

    def test_procedural_scenes(self):
        for scene in ("forest", "terrain", "soup", "slivers"):
            self.picture("a.png", scene, "--triangles", 1000)

    def test_command_lines(self):
        cases = [
            ("SCENE is required", []),
            ("--out is required", ["t.obj"]),
            ("expected a name that ends in .png", ["t.obj", "--out", "a.jpg"]),
            ("unknown builder 'foo'; known: lbvh, fast, binned", ["t.obj", "--builder", "foo", "--out", "a.png"]),
            ("--camera: found '1,2,3', expected X,Y,Z:X,Y,Z", ["t.obj", "--camera", "1,2,3", "--out", "a.png"]),
            ("--camera: found '1,2', expected the three numbers", ["t.obj", "--camera", "1,2:1,2,3", "--out", "a.png"]),
            ("--camera: 'x' is not a number", ["t.obj", "--camera", "1,2,x:1,2,3", "--out", "a.png"]),
            ("--camera: Camera: target is", ["t.obj", "--camera", "1,2,3:1,2,3", "--out", "a.png"]),
            ("field_of_view", ["t.obj", "--camera", "1,2,3:4,4,4:180", "--out", "a.png"]),
            ("--width must be 1 … 32768, found 0", ["t.obj", "--width", 0, "--out", "a.png"]),
            ("--samples must be 1 … 65536, found -1", ["t.obj", "--samples", -1, "--out", "a.png"]),
            ("--bounces: 'x' is not a whole number", ["t.obj", "--bounces", "x", "--out", "a.png"]),
            ("--sun: found '3', expected two angles", ["t.obj", "--sun", "3", "--out", "a.png"]),
            ("sun_elevation", ["t.obj", "--sun", "3,-9", "--out", "a.png"]),
            ("--floor: found 'x', expected auto, on or off", ["t.obj", "--floor", "x", "--out", "a.png"]),
            ("--up: found 'w', expected x, y or z", ["t.obj", "--up", "w", "--out", "a.png"]),
            ("--triangles must be 16 … 20000000, found 1", ["soup", "--triangles", 1, "--out", "a.png"]),
            ("--exposure must be more than 0", ["t.obj", "--exposure", 0, "--out", "a.png"]),
        ]
        for fragment, arguments in cases:
            self.fails(2, fragment, "trace", *arguments)
        self.assertEqual(os.listdir(self.directory), ["t.obj"])

    def test_bad_scenes_leave_nothing(self):
        corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"
        cases = [
            ("range.obj", corners + "f 1 2 3\nf 1 2 4\n", "range.obj:5: found the vertex 4, expected 1 to 3 or -3 to -1"),
            ("none.obj", corners, "none.obj: holds no face, only 3 vertices"),
            ("nan.obj", "v nan 0 0\nf 1 1 1\n", "nan.obj:1: column 2: found 'nan', expected a finite number"),
            ("far.obj", "v 1e30 0 0\nv 0 0 0\nv 1 1 1\nf 1 2 3\n", "far.obj"),
            ("cut.obj.gz", gzip.compress(TETRAHEDRON.encode())[:-12], "cut.obj.gz: gzip at byte"),
            ("t.stl", "", "cannot read a mesh from .stl files"),
        ]
        for name, content, fragment in cases:
            self.write(name, content)
            before = sorted(os.listdir(self.directory))
            self.fails(3, fragment, "trace", name, "--out", "a.png")
            self.fails(3, fragment, "build-report", name)
            self.assertEqual(sorted(os.listdir(self.directory)), before)
        self.fails(3, "moon: cannot read a mesh from a file without an extension", "trace", "moon", "--out", "a.png")
        self.fails(3, "missing.obj", "trace", "missing.obj", "--out", "a.png")

    def test_a_path_that_cannot_be_written_is_refused_first(self):
        self.write("bad.obj", "v 0 0 0\n")  # would be refused, too, but later
        self.fails(1, "nowhere/a.png", "trace", "bad.obj", "--out", "nowhere/a.png")
        os.mkdir(self.path("folder.png"))
        self.fails(1, "folder.png", "trace", "bad.obj", "--out", "folder.png")
        self.write("old.png", "old")
        self.fails(3, "bad.obj", "trace", "bad.obj", "--out", "old.png")
        with open(self.path("old.png")) as file:
            self.assertEqual(file.read(), "old")
        self.assertEqual(sorted(os.listdir(self.directory)), ["bad.obj", "folder.png", "old.png", "t.obj"])

    @unittest.skipUnless(DATA and os.path.exists(os.path.join(DATA, "mesh_common", "spot.obj")), "needs real meshes")
    def test_a_real_mesh(self):
        self.picture("a.png", os.path.join(DATA, "mesh_common", "spot.obj"))


class BuildReport(TraceTest):
    def test_every_builder_has_a_line_and_the_same_hits(self):
        arguments = ("build-report", "forest", "--triangles", 3000, "--width", 40, "--height", 30, "--rounds", 1)
        done = self.run_tool(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["builder", *BUILDERS])
        report = self.ok_json_beside(*arguments)
        self.assertTrue(report["same_hits"])
        self.assertEqual([line["builder"] for line in report["builders"]], list(BUILDERS))
        for line in report["builders"]:
            self.assertGreater(line["cost"], 0)
            self.assertGreaterEqual(line["duplicates"], 0)
            self.assertEqual(line["primary"]["rays"], 1200)
            self.assertEqual(line["primary"]["hits"], report["builders"][0]["primary"]["hits"])
            self.assertGreater(line["primary"]["nodes_per_ray"], 0)
            self.assertGreater(line["incoherent"]["triangles_per_ray"], 0)

    def ok_json_beside(self, *arguments):
        done = self.run_tool(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_chosen_builders_and_refusals(self):
        report = self.ok_json_beside("build-report", "soup", "--triangles", 300, "--builders", "sbvh,fast", "--rounds", 1)
        self.assertEqual([line["builder"] for line in report["builders"]], ["sbvh", "fast"])
        self.fails(2, "--builders: unknown builder 'x'", "build-report", "soup", "--builders", "fast,x")
        self.fails(2, "--rounds must be 1 … 1000, found 0", "build-report", "soup", "--rounds", 0)
        self.fails(2, "--width and --height must be 1 … 8192, found 0", "build-report", "soup", "--width", 0)

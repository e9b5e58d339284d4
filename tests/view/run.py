#!/usr/bin/env python3
"""Opens the pages of `coppice view` and `coppice stream` in a headless Chromium and looks at what they draw.

    tests/view/run.py build/coppice [unittest options]

Standard library and a Chromium (found on the PATH, or named by COPPICE_CHROMIUM). Without one the pictures are not
looked at, and the run says so. COPPICE_KEEP=DIR keeps the screenshots.
"""
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import browser  # noqa: E402

TOOL = ""
CHROMIUM = browser.find()


def hills(count, seed):
    """Points on a surface of hills with a few towers: a cloud whose height varies from place to place."""
    rng = random.Random(seed)
    points = []
    for _ in range(count):
        x, y = rng.uniform(-50, 50), rng.uniform(-50, 50)
        z = 8 * math.sin(x / 11) * math.cos(y / 14)
        if math.hypot(x - 20, y + 15) < 6:
            z += rng.uniform(0, 25)
        points.append((x, y, z))
    return points


def is_night(pixel):
    return max(pixel) < 45


def is_query(pixel):
    r, g, b = pixel
    return r > 200 and 70 < g < 130 and 40 < b < 110


def is_leaf_line(pixel):
    r, g, b = pixel
    return g - r > 40 and b - r > 30 and abs(g - b) < 40


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="coppice-view-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.points = hills(20000, 1)
        with open(cls.path("hills.csv"), "w") as file:
            file.write("id,x,y,z\n" + "".join(f"{7 * i + 3},{x!r},{y!r},{z!r}\n" for i, (x, y, z) in enumerate(cls.points)))
        cls.report = json.loads(cls.tool("view", cls.path("hills.csv"), "--out", cls.path("hills.html"), "--json"))
        cls.browser = browser.Browser(CHROMIUM, cls.folder.name) if CHROMIUM else None

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def tool(cls, *arguments):
        done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def picture(self, page, address="", size=(1280, 800)):
        keep = None
        if os.environ.get("COPPICE_KEEP"):
            os.makedirs(os.environ["COPPICE_KEEP"], exist_ok=True)
            name = re.sub(r"[^a-z0-9]+", "_", f"{self._testMethodName}_{page}{address}".lower()).strip("_")
            keep = os.path.join(os.path.abspath(os.environ["COPPICE_KEEP"]), name + ".png")
        return self.browser.picture(self.path(page), address, size, keep)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return file.read()


class Files(Pages):
    """What needs no browser."""

    def test_the_page_is_complete_and_asks_nobody(self):
        text = self.read(self.path("hills.html"))
        self.assertEqual(self.report["shown"], 20000)
        self.assertGreaterEqual(self.report["levels"], 4)
        self.assertNotIn("{{", text.replace("{{}}", ""))
        for asks in ("https://", "fetch(", "XMLHttpRequest", "import(", "<link", "src="):
            self.assertNotIn(asks, text)
        self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), r"http://")

    def test_the_same_points_give_the_same_page(self):
        self.tool("view", self.path("hills.csv"), "--out", self.path("again.html"), "--title", "hills.csv")
        self.assertEqual(self.read(self.path("again.html")), self.read(self.path("hills.html")))

    def test_a_title_cannot_break_out(self):
        self.tool("view", self.path("hills.csv"), "--out", self.path("evil.html"), "--limit", "10",
                  "--title", "</script><b>&{{META}}")
        text = self.read(self.path("evil.html"))
        self.assertNotIn("</script><b>", text)
        self.assertEqual(text.count("</script>"), self.read(self.path("hills.html")).count("</script>"))

    def test_an_index_without_boxes_says_so(self):
        self.tool("view", self.path("hills.csv"), "--out", self.path("brute.html"), "--index", "brute")
        self.assertIn("'brute' has no boxes", self.read(self.path("brute.html")))

    def test_a_saved_index_is_shown_too(self):
        self.tool("knn", self.path("hills.csv"), "-k", "1", "--save", self.path("hills.coppice"), "--out",
                  self.path("x.npz"))
        shown = json.loads(self.tool("view", self.path("hills.coppice"), "--out", self.path("saved.html"), "--json"))
        self.assertEqual(shown["points"], 20000)
        # The index is built anew from points in another order: its own height counts, not that of the one saved.
        for page, levels in (("hills.html", self.report["levels"]), ("saved.html", shown["levels"])):
            self.assertRegex(self.read(self.path(page)), rf"index kd: \d+ leaves, {levels} levels")


@unittest.skipUnless(CHROMIUM, "no Chromium: apt-get install chromium")
class Pictures(Pages):
    CLOUD = (200, 200, 850, 640)  # left, top, right, bottom of where the points must be

    def test_points_are_drawn_in_many_colours(self):
        picture = self.picture("hills.html")
        self.assertEqual((picture.width, picture.height), (1280, 800))
        drawn = [p for p in picture.pixels(*self.CLOUD) if not is_night(p)]
        self.assertGreater(len(drawn), 0.3 * 650 * 440)
        self.assertGreater(len({(r >> 4, g >> 4, b >> 4) for r, g, b in drawn}), 60)
        self.assertGreater(sum(g > r + 30 for r, g, b in drawn), 1000, "no green between ground and tower")
        self.assertGreater(sum(r > 200 and g > 170 for r, g, b in drawn), 200, "no bright top")
        corner = list(picture.pixels(5, 600, 100, 700))
        self.assertTrue(all(is_night(p) for p in corner), "the background is not dark")

    def test_boxes_appear_with_their_level(self):
        plain = self.picture("hills.html", "#level=-1")
        changed = []
        for level in (1, 2, 3):
            boxed = self.picture("hills.html", f"#level={level}")
            changed.append(sum(a != b for a, b in zip(plain.pixels(100, 100, 980, 780), boxed.pixels(100, 100, 980, 780))))
        self.assertGreater(changed[0], 2000)
        self.assertGreater(changed[1], changed[0])
        self.assertGreater(changed[2], changed[1])

    def test_leaves_are_drawn_in_their_own_colour(self):
        deepest = self.report["levels"] - 1
        plain = self.picture("hills.html", "#level=-1&size=1&color=order")
        boxed = self.picture("hills.html", f"#level={deepest}&size=1&color=order")
        count = lambda picture: sum(map(is_leaf_line, picture.pixels(*self.CLOUD)))  # noqa: E731
        self.assertGreater(count(boxed), count(plain) + 5000)

    def test_the_query_is_drawn_and_answers_as_the_tool_does(self):
        query = "20.0,-15.0,40.0"  # above the tower
        plain, asked = self.picture("hills.html"), self.picture("hills.html", f"#query={query}&k=12")
        lines = sum(map(is_query, asked.pixels(*self.CLOUD)))
        self.assertGreater(lines, 30)
        self.assertGreater(lines, 3 * sum(map(is_query, plain.pixels(*self.CLOUD))))

        with open(self.path("query.csv"), "w") as file:
            file.write(query + "\n")
        row = json.loads(self.tool("knn", self.path("hills.csv"), "--queries", self.path("query.csv"), "-k", "12",
                                   "--json"))["results"][0]
        dom = self.browser.document(self.path("hills.html"), f"#query={query}&k=12")
        self.assertIn('data-state="ready"', dom)
        hits = re.findall(r'data-id="(\d+)" data-distance="([^"]+)"', dom)
        self.assertEqual([int(i) for i, _ in hits], row["ids"])
        for (_, found), expected in zip(hits, row["distances"]):
            self.assertAlmostEqual(float(found), expected, delta=2e-3)

    def test_a_phone_shows_the_points(self):
        picture = self.picture("hills.html", size=(500, 844))
        drawn = sum(not is_night(p) for p in picture.pixels(50, 250, 450, 600))
        self.assertGreater(drawn, 0.15 * 400 * 350)

    def test_without_webgl_the_page_says_so(self):
        dom = self.browser.document(self.path("hills.html"), "", "--disable-3d-apis")
        self.assertRegex(dom, r'id="message">\s*<b>WebGL 2 is not available')

    def test_no_points_is_a_message(self):
        with open(self.path("none.csv"), "w") as file:
            file.write("x,y,z\n")
        self.tool("view", self.path("none.csv"), "--out", self.path("none.html"))
        self.assertIn("No points", self.browser.document(self.path("none.html")))

    def test_a_plane_is_seen_from_above(self):
        with open(self.path("plane.csv"), "w") as file:
            file.write("".join(f"{636001 + x!r},{848935 + y!r}\n" for x, y, _ in self.points))
        self.tool("view", self.path("plane.csv"), "--out", self.path("plane.html"))
        picture = self.picture("plane.html", "#level=2")
        drawn = sum(not is_night(p) for p in picture.pixels(300, 200, 700, 600))
        self.assertGreater(drawn, 0.4 * 400 * 400)

    def test_sweeps_come_and_go(self):
        sweeps = 12
        self.tool("stream", "--simulate", str(sweeps), "--window", "4", "--verify", "5", "--out", self.path("stream"))
        page = os.path.join("stream", "report.html")
        self.assertLess(os.path.getsize(self.path(page)), 15e6)
        pictures = [self.picture(page, f"#t={t}") for t in (0, 5, sweeps - 1)]
        area = (100, 90, 980, 600)
        for picture in pictures:
            self.assertGreater(sum(not is_night(p) for p in picture.pixels(*area)), 8000)
        for before, after in zip(pictures, pictures[1:]):
            changed = sum(a != b for a, b in zip(before.pixels(*area), after.pixels(*area)))
            self.assertGreater(changed, 10000)
        cool = sum(abs(r - 92) < 50 and g > 130 and b > 120 and g - r > 40
                   for r, g, b in pictures[-1].pixels(30, 650, 1250, 780))
        self.assertGreater(cool, 100, "no latency series under the picture")
        dom = self.browser.document(self.path(page), "#t=5")
        self.assertIn("<b>6 of 12</b>", dom)


def main():
    global TOOL
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: run.py PATH/TO/coppice [unittest options]")
    TOOL = os.path.abspath(sys.argv[1])
    if not CHROMIUM:
        print("No Chromium here (apt-get install chromium): the pages are written, but their pictures are not looked at.")
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])


if __name__ == "__main__":
    main()

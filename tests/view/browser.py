"""A Chromium without a window, drawing in software, so that a page's picture is the same on every machine."""
import os
import shutil
import subprocess
import tempfile

from png import Picture

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find():
    named = os.environ.get("COPPICE_CHROMIUM")
    for name in [named] if named else NAMES:
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, path, directory):
        self.path = path
        self.directory = directory

    def run(self, page, address, *flags, size=(1280, 800)):
        with tempfile.TemporaryDirectory(prefix="profile-", dir=self.directory) as profile:
            done = subprocess.run(
                [self.path, "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle",
                 "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars", "--no-first-run",
                 "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                 f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", "--force-device-scale-factor=1",
                 "--virtual-time-budget=6000", *flags, f"file://{page}{address}"],
                capture_output=True, timeout=120)
        return done

    def picture(self, page, address="", size=(1280, 800), keep=None):
        target = keep or os.path.join(self.directory, "picture.png")
        if os.path.exists(target):
            os.remove(target)
        done = self.run(page, address, f"--screenshot={target}", size=size)
        if not os.path.exists(target):
            raise AssertionError("no screenshot: " + done.stderr.decode(errors="replace")[-2000:])
        with open(target, "rb") as file:
            return Picture(file.read())

    def document(self, page, address="", *flags):
        """The page's HTML after its scripts have run."""
        return self.run(page, address, "--dump-dom", *flags).stdout.decode()

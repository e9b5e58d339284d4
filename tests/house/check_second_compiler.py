#!/usr/bin/env python3
"""Compiles the project's own sources a second time, with another compiler and without making code: its warnings fail.

Sources that the build compiles several at a time are looked at one by one: each must stand alone.
The headers that sources with the same flags include are parsed once for all of them, as a precompiled header; a source
of nothing but includes is done with that.

Usage: check_second_compiler.py BUILD COMPILER [JOBS [MADE]]      BUILD: a build folder with compile_commands.json

MADE is a folder that this compiler builds itself, its warnings being errors there: what that has made is left out.
"""

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

OURS = ("src", "cli", "tests")
WORTH_A_HEADER = 4  # as many sources, and parsing their headers for all of them takes less time
INCLUDE = re.compile(r'\s*#\s*include\s*(<[^>]+>|"coppice/[^"]+")')
UNITED = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
ASKS_FOR_SETS = re.compile(r"COPPICE_WITH_|chosen\.hpp")
CONDITION = re.compile(r"\s*#\s*(if|endif)")
WARNINGS = ("-Werror", "-Wno-unknown-warning-option")


class Unit(NamedTuple):
    """A source as one target compiles it. `own` are definitions for this unit alone, `shared` all other flags."""

    file: Path
    shared: tuple[str, ...]
    own: tuple[str, ...]


def sources_of(entry: dict) -> list[Path]:
    """The source of an entry, or those of a unity source, which does nothing but include them."""
    file = Path(entry["file"])
    if not file.name.startswith("unity_"):
        return [file]
    return [Path(found) for found in UNITED.findall(file.read_text(encoding="utf-8"))]


def units_of(entry: dict) -> list[Unit]:
    shared, own, skip = [], [], False
    for argument in shlex.split(entry["command"])[1:]:
        if skip:
            skip = False
        elif argument in ("-o", "-c", "-include"):
            skip = True  # and what comes with it: the object, the source, the first compiler's precompiled header
        elif argument == "-Winvalid-pch":
            pass
        elif argument.startswith("-DCOPPICE_"):
            own.append(argument)
        elif not argument.startswith(("-O", "-g")):  # no code is made
            shared.append(argument)
    return [Unit(file, tuple(shared), tuple(own)) for file in sources_of(entry)]


def split_includes(source: Path) -> tuple[list[str], bool]:
    """The headers that a source includes whatever the platform, and whether that is all there is in it."""
    headers, depth, nothing_else = [], 0, True
    for line in source.read_text(encoding="utf-8").splitlines():
        if condition := CONDITION.match(line):
            depth += 1 if condition[1] == "if" else -1
        found = INCLUDE.match(line)
        if found and depth == 0:
            headers.append(found[1])
        elif line.strip():
            nothing_else = False
    return headers, nothing_else


class Compiler:
    def __init__(self, name: str, scratch: Path):
        self.name, self.scratch = name, scratch

    def diagnose(self, *arguments: str, folder: Path) -> str:
        """What it says of a compilation: nothing when there is no warning."""
        command = [self.name, *arguments, *WARNINGS]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr or f"{shlex.join(command)} ended with {done.returncode}"

    def precompile(self, number: int, units: list[Unit]) -> Path | None:
        """The headers of the units in one file, or None: too few units, or headers that need a look one by one."""
        if len(units) < WORTH_A_HEADER:
            return None
        headers = {header: None for unit in units for header in split_includes(unit.file)[0]}
        text = self.scratch / f"headers_{number}.hpp"
        text.write_text("#pragma once\n" + "".join(f"#include {header}\n" for header in headers), encoding="utf-8")
        made = text.with_suffix(".pch")
        how = ("-x", "c++-header", str(text), "-o", str(made), "-fpch-instantiate-templates")
        return None if self.diagnose(*units[0].shared, *how, folder=self.scratch) else made

    def check(self, unit: Unit, headers: Path | None) -> str:
        if headers and split_includes(unit.file)[1]:
            return ""
        how = (*unit.shared, *unit.own, "-fsyntax-only", str(unit.file))
        if headers and not self.diagnose("-include-pch", str(headers), *how, folder=self.scratch):
            return ""
        return self.diagnose(*how, folder=self.scratch)  # as the source stands: what counts, and what reads well


def made_in(folder: Path) -> set[tuple[Path, tuple[str, ...]]]:
    """The sources of a build folder that have been compiled, with their definitions."""
    made = set()
    for entry in json.loads((folder / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        if (Path(entry["directory"]) / words[words.index("-o") + 1]).exists():
            made.update(what_is_compiled(unit) for unit in units_of(entry))
    return made


def what_is_compiled(unit: Unit) -> tuple[Path, tuple[str, ...]]:
    """The names of the instruction sets that a build has count only where a source asks for them."""
    asks = ASKS_FOR_SETS.search(unit.file.read_text(encoding="utf-8"))
    return unit.file, tuple(name for name in unit.own if asks or not name.startswith("-DCOPPICE_WITH_"))


def alike(units: Iterable[Unit]) -> list[list[Unit]]:
    """The units by their flags, most first."""
    found: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units:
        found.setdefault(unit.shared, []).append(unit)
    return sorted(found.values(), key=len, reverse=True)


def main() -> int:
    if len(sys.argv) not in (3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    build, compiler = Path(sys.argv[1]).resolve(), sys.argv[2]
    jobs = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    made = made_in(Path(sys.argv[4]).resolve()) if len(sys.argv) > 4 else set()
    root = Path(__file__).resolve().parents[2]
    folders = (*(root / name for name in OURS), build)
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    entries = [entry for entry in entries if not Path(entry["file"]).name.startswith("cmake_pch")]
    units = [unit for entry in entries for unit in units_of(entry) if what_is_compiled(unit) not in made]
    sets = alike(unit for unit in units if any(unit.file.is_relative_to(folder) for folder in folders))
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        clang = Compiler(compiler, Path(scratch))
        headers = pool.map(clang.precompile, range(len(sets)), sets)
        checks = [pool.submit(clang.check, unit, found) for units, found in zip(sets, headers) for unit in units]
        failures = [text for text in (check.result() for check in checks) if text]
    print("\n".join(failures) if failures else f"{sum(map(len, sets))} files compile without warnings", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

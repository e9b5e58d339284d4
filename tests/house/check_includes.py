#!/usr/bin/env python3
"""Reads the #include lines of include/, src/, cli/ and python/ and enforces that rooms depend one way.

    geometry → {parallel, persist, storage} → query → balance → index/* → selector, apps → any_index → cli, python

A room may include itself and what lies below it; indexes never include each other (neural_builder may name bvh and
kd_tree); io stands beside the line on geometry and persist; src/kernels compiles the searches of all indexes and apps, once an
instruction set, and nobody includes it. Violations are listed as file:line; exit status 1 if any.

Usage: check_includes.py CHECKOUT
"""

import re
import sys
from pathlib import Path

BASE = {"errors"}
GEOMETRY = BASE | {"geometry"}
STORAGE = GEOMETRY | {"parallel", "persist", "storage"}
QUERY = STORAGE | {"query"}
BALANCE = QUERY | {"balance"}
APPS = BALANCE | {"index", "selector", "apps"}
ANY_INDEX = APPS | {"any_index"}
TOP = ANY_INDEX | {"io", "cli", "python"}

# What a room may include besides itself. `index` stands for every index/<name>.
BELOW = {
    "errors": set(),
    "geometry": BASE,
    "parallel": GEOMETRY,
    "persist": GEOMETRY,
    "storage": GEOMETRY,
    "query": STORAGE,
    "balance": QUERY,
    "index": BALANCE,
    "selector": BALANCE | {"index"},
    "apps": BALANCE | {"index"},
    "kernels": BALANCE | {"index", "apps"},
    "any_index": APPS,
    "io": GEOMETRY | {"persist"},
    "cli": TOP - {"python"},
    "python": TOP - {"cli"},
}
EXCEPTIONS = {("index/neural_builder", "index/bvh"), ("index/neural_builder", "index/kd_tree")}
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".hpp", ".cpp", ".h", ".inc", ".ipp"}


def room_of(path: Path) -> str | None:
    """The room of a path relative to include/coppice or src (or of one that starts with cli/ or python/)."""
    parts = path.parts
    if len(parts) == 1:  # errors.hpp, any_index.hpp
        return path.stem if path.stem in BELOW else None
    if parts[0] == "index" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in BELOW else None


def may_include(room: str, target: str) -> bool:
    if room == target or (room, target) in EXCEPTIONS:
        return True
    if room.startswith("index") and target.startswith("index"):
        return target == "index"  # src/index/*.hpp: what all indexes share
    return target.split("/")[0] in BELOW[room.split("/")[0]]


def resolve(root: Path, source: Path, quoted: bool, name: str) -> Path | None:
    """The path of an include of ours, relative as `room_of` wants it; None for anybody else's header."""
    if name.startswith("coppice/"):
        return Path(name).relative_to("coppice")
    if not quoted:
        return None
    for folder in (source.parent, root / "src", root / "include" / "coppice", root):
        candidate = (folder / name).resolve()
        if candidate.exists():
            for base in (root / "include" / "coppice", root / "src", root):
                if candidate.is_relative_to(base):
                    return candidate.relative_to(base)
    return None


def violations(root: Path) -> list[str]:
    root = root.resolve()
    found = []
    for base, folder in (("include/coppice",) * 2, ("src", "src"), (".", "cli"), (".", "python")):
        for source in sorted((root / folder).rglob("*")):
            if source.suffix not in SUFFIXES or not source.is_file():
                continue
            where = source.relative_to(root)
            room = room_of(source.relative_to((root / base).resolve()))
            if room is None:
                found.append(f"{where}:1: lies in no known room")
                continue
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = resolve(root, source, match[1] == '"', match[2])
                if target is None:
                    continue
                target_room = room_of(target)
                if target_room is None:
                    found.append(f"{where}:{number}: {match[2]} lies in no known room")
                elif not may_include(room, target_room):
                    found.append(f"{where}:{number}: {room} must not include {target_room} ({match[2]})")
    return found


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = violations(Path(sys.argv[1]))
    print("\n".join(found) if found else "rooms depend one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

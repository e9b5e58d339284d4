#!/usr/bin/env python3
"""Compiles the project's own sources a second time, with another compiler and without making code: its warnings fail.

Usage: check_second_compiler.py BUILD COMPILER [JOBS]      BUILD: a build folder with compile_commands.json
"""

import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OURS = ("src", "cli", "tests")


def check(entry: dict, compiler: str) -> str:
    arguments = shlex.split(entry["command"])[1:]
    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("-o", "-c"):
            skip = argument == "-o"
        else:
            kept.append(argument)
    command = [compiler, *kept, "-fsyntax-only", "-Werror", "-Wno-unknown-warning-option"]
    done = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    build, compiler = Path(sys.argv[1]).resolve(), sys.argv[2]
    jobs = int(sys.argv[3]) if len(sys.argv) == 4 else 1
    root = Path(__file__).resolve().parents[2]
    entries = [
        entry
        for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        if any(Path(entry["file"]).is_relative_to(folder) for folder in (*(root / name for name in OURS), build))
    ]
    with ThreadPoolExecutor(jobs) as pool:
        failures = [text for text in pool.map(lambda entry: check(entry, compiler), entries) if text]
    print("\n".join(failures) if failures else f"{len(entries)} files compile without warnings", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

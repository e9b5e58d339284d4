#!/usr/bin/env python3
"""Source files stay short: none in include/, src/ or cli/ may exceed 400 lines.

Usage: check_file_lengths.py CHECKOUT
"""

import sys
from pathlib import Path

LIMIT = 400


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(sys.argv[1])
    found = []
    for folder in ("include", "src", "cli"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".hpp", ".cpp", ".h", ".inc"} and path.is_file():
                lines = len(path.read_text(encoding="utf-8").splitlines())
                if lines > LIMIT:
                    found.append(f"{path.relative_to(root)}: {lines} lines; at most {LIMIT}")
    print("\n".join(found) if found else f"no file exceeds {LIMIT} lines")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Only storage/prefetch.hpp asks the compiler for a prefetch: calls from anywhere else may be dropped in silence.

Usage: check_prefetch.py CHECKOUT
"""

import re
import sys
from pathlib import Path

ALLOWED = Path("include/coppice/storage/prefetch.hpp")
ASKS = re.compile(r"__builtin_prefetch|_mm_prefetch")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(sys.argv[1])
    if not ASKS.search((root / ALLOWED).read_text(encoding="utf-8")):
        print(f"{ALLOWED}: asks for no memory")
        return 1
    found = []
    for folder in ("include", "src", "cli"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".hpp", ".cpp"} or path.relative_to(root) == ALLOWED:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if ASKS.search(line):
                    found.append(f"{path.relative_to(root)}:{number}: {line.strip()}; expected storage::prefetch…")
    print("\n".join(found) if found else "memory is asked for in one place")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

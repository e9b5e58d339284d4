#!/usr/bin/env python3
"""Kernels compiled for one instruction set must not leak code into the rest of the program.

The linker keeps one copy of every weak symbol (inline functions, templates). If that copy came from a unit compiled for
AVX-512, a processor without it would crash in code that never asked for it. So in the object file of such a kernel every
weak symbol must name the kernel's own target (avx512 or avx2) in its demangled form.

Usage: check_kernel_symbols.py NM TARGET OBJECT [OBJECT ...]      TARGET: avx512 or avx2
"""

import re
import subprocess
import sys
from pathlib import Path

WEAK = {"W", "V", "u"}


def foreign_weak_symbols(nm: str, target: str, path: str) -> list[str]:
    listing = subprocess.run([nm, "-C", "--defined-only", path], check=True, capture_output=True, text=True).stdout
    own = re.compile(rf"\b{target}\b")
    found = []
    for line in listing.splitlines():
        fields = line.split(maxsplit=2)
        if len(fields) != 3 or fields[1] not in WEAK or fields[2].startswith("DW.ref."):  # a pointer, not code
            continue
        if not own.search(fields[2]):
            found.append(f"{Path(path).parent.name}: weak symbol outside {target}: {fields[2]}")
    return found


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    nm, target, objects = sys.argv[1], sys.argv[2], sys.argv[3:]
    found = [entry for path in objects for entry in foreign_weak_symbols(nm, target, path)]
    print("\n".join(found) if found else f"{len(objects)} object files keep to {target}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

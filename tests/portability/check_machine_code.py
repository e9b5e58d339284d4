#!/usr/bin/env python3
"""Looks at the aarch64 machine code of the library: no instruction may fuse a multiplication with an addition, since
answers are the same bit for bit on every machine, and both kernel units must hold NEON arithmetic on whole vectors.

Usage: check_machine_code.py OBJDUMP ARCHIVE
"""

import re
import subprocess
import sys
from collections import Counter

FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
MEMBER = re.compile(r"^(\S+\.o):\s+file format (\S+)$")
INSTRUCTION = re.compile(r"^\s+[0-9a-f]+:\t([a-z]\S*)(?:\t(.*))?$")
# Scalar and vector forms, by element too, and those of half precision and of complex numbers.
FUSED = re.compile(r"^(fn?m(add|sub)|fml[as]l?2?|fcmla|bfmla?l[bt]|bfmmla|fn?ml[as])$")
ARITHMETIC = {"fadd", "fsub", "fmul"}
VECTOR = {"float": re.compile(r"^v\d+\.4s,"), "double": re.compile(r"^v\d+\.2d,")}
KERNELS = "kernels.cpp.o"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    objdump, archive = sys.argv[1:]
    lines = subprocess.Popen([objdump, "-d", "-C", "--no-show-raw-insn", archive], stdout=subprocess.PIPE, text=True)
    fused, vectors, scalars, member, function, kernel_units = [], Counter(), 0, "", "", 0
    for line in lines.stdout:
        if match := INSTRUCTION.match(line):
            operation, operands = match[1], match[2] or ""
            if FUSED.match(operation):
                fused.append(f"{member}: {operation} {operands} in {function}")
            elif operation in ARITHMETIC:
                scalars += operands[0] in "sd"
                if member == KERNELS:
                    vectors.update(scalar for scalar, form in VECTOR.items() if form.match(operands))
        elif match := FUNCTION.match(line):
            function = match[1]
        elif match := MEMBER.match(line):
            member = match[1]
            kernel_units += member == KERNELS
            if "aarch64" not in match[2]:
                print(f"{member}: expected aarch64 code, found {match[2]}")
                return 1
    if lines.wait() != 0:
        return 1

    found = fused[:20]
    if len(fused) > 20:
        found.append(f"... and {len(fused) - 20} more fused instructions")
    if kernel_units != 2 or scalars == 0:
        found.append(f"expected 2 kernel units and arithmetic in them, found {kernel_units} and {scalars} instructions")
    found += [f"the kernels of {scalar} hold no NEON arithmetic" for scalar in VECTOR if vectors[scalar] == 0]
    print("\n".join(found) if found else "no fused multiply-add; NEON arithmetic in the kernels: "
          + ", ".join(f"{vectors[scalar]} instructions on {scalar}" for scalar in VECTOR))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

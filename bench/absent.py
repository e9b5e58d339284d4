#!/usr/bin/env python3
"""Says which contestants that were asked for by name have no row in a report, and who has.

Usage: absent.py REPORT.json A,B,…
"""

import json
import sys
from pathlib import Path


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    present = dict.fromkeys(row["contestant"] for row in report["rows"])
    absent = [name for name in sys.argv[2].split(",") if name and name not in present]
    if absent:
        print(f"note: no row of {', '.join(absent)}: misspelled, not installed, or not of this task; "
              f"there are rows of {', '.join(present)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints what exactness costs: medians over the reports static-N.json and fused-N.json in a folder, and their ratio.

Usage: exactness.py FOLDER OUT.json
"""

import json
import sys
from pathlib import Path
from statistics import median

from figures import heading


def medians(folder, kind):
    rounds = [json.loads(path.read_text(encoding="utf-8"))["rows"] for path in sorted(folder.glob(f"{kind}-*.json"))]
    return {(rows[0]["dataset"], rows[0]["operation"]): median(row["per_op_us"] for row in rows)
            for rows in zip(*rounds)}


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    exact, fused = medians(folder, "static"), medians(folder, "fused")
    print(heading(next(folder.glob("static-*.json")))[0])
    print("\n| dataset | operation | exact, µs | fused multiply-add, µs | ratio |\n|---|---|---:|---:|---:|")
    rows = []
    for (dataset, operation), us in exact.items():
        rows.append({"dataset": dataset, "operation": operation, "exact_us": us, "fused_us": fused[dataset, operation]})
        print(f"| {dataset} | {operation} | {us:.3f} | {fused[dataset, operation]:.3f} |"
              f" {us / fused[dataset, operation]:.2f} |")
    Path(sys.argv[2]).write_text(json.dumps({"task": "exactness", "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints a report of the task subspaces as tables: CPU seconds and recall of searches through subspaces under caps, and
what HighNeighbors takes for at least the same recall.

Usage: subspaces_table.py REPORT.json
"""

import json
import sys
from pathlib import Path


def seconds(value):
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def print_set(dataset, n, rows):
    ours = sorted((row for row in rows if row["contestant"] == "coppice/graph"), key=lambda row: row["seconds"])
    print(f"\n**{dataset}, n = {n:,}**: HighNeighbors exactly in "
          + ", ".join(seconds(row["seconds"]) for row in ours if row["operation"] == "exact") + " CPU seconds\n")
    print("| subspaces | cap | recall | seconds | of these to build | boxes a leaf | pairs a point | of those met "
          "| rows proven | HighNeighbors at that recall, seconds |")
    print("|---|---|" + "---:|" * 8)
    for row in rows:
        if row["contestant"] == "coppice/graph":
            continue
        facts = row["facts"]
        enough = [other["seconds"] for other in ours if other["facts"]["recall"] >= facts["recall"]]
        print(f"| {row['contestant']} | {row['operation']} | {facts['recall']:.3f} | {seconds(row['seconds'])} | "
              f"{seconds(facts['build_seconds'])} | {facts['boxes'] / max(facts['leaves'], 1):.1f} | "
              f"{facts['pairs'] / n:.0f} | {facts['candidates'] / n:.0f} | "
              f"{facts['certified_rows'] / n:.3f} | {seconds(enough[0]) if enough else ''} |")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(f"{report['machine']}; {max(row['threads'] for row in report['rows'])} thread(s), CPU seconds")
    sets = {}
    for row in report["rows"]:
        sets.setdefault((row["dataset"], row["n"]), []).append(row)
    for (dataset, n), rows in sets.items():
        print_set(dataset, n, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())

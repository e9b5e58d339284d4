#!/usr/bin/env python3
"""Prints a report of the task multiway: seconds and memory, then how many times faster each contestant is than the
tree that sorts every level, beside the published ratios of Ji et al. (UnIS over a BMKD-tree).

Usage: multiway_table.py REPORT.json
"""

import json
import sys
from pathlib import Path

OPERATIONS = ["build", "insert_10pct", "insert_drift", "knn_grown", "knn_mixed_k", "radius", "radius_tested"]
# Published averages over eight data sets; the abstract says 7.15, section I 7.51.
PUBLISHED = {"build": "17.96", "insert_10pct": "1.60", "insert_drift": "1.60", "knn_grown": "–",
             "knn_mixed_k": "7.15 or 7.51", "radius": "1.09", "radius_tested": "–"}
BASELINE = "sorted/2"


def shown(value):
    if value is None:
        return "–"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def print_times(dataset, n, contestants):
    print(f"\n**multiway, {dataset}, n = {n:,}** (build and insertions in seconds for all, searches in µs each; memory at "
          "the peak of a build, in bytes a point)\n")
    print("| contestant | version | " + " | ".join(OPERATIONS) + " | peak memory |")
    print("|---|---|" + "---:|" * (len(OPERATIONS) + 1))
    for name, rows in contestants.items():
        cells = [shown(rows[o]["seconds" if o.startswith(("build", "insert")) else "per_op_us"]) if o in rows else "–"
                 for o in OPERATIONS]
        any_row = next(iter(rows.values()))
        memory = any_row["facts"]["peak_bytes_per_point"]
        print(f"| {name} | {any_row['version']} | " + " | ".join(cells) + f" | {memory:.0f} |")


def print_ratios(contestants):
    if BASELINE not in contestants:
        return
    base = contestants[BASELINE]
    print(f"\nTimes faster than {BASELINE}, which sorts every level:\n\n| contestant | " + " | ".join(OPERATIONS) + " |")
    print("|---|" + "---:|" * len(OPERATIONS))
    for name, rows in contestants.items():
        if name == BASELINE:
            continue
        cells = [f"{base[o]['seconds'] / rows[o]['seconds']:.2f}" if o in rows and o in base else "–"
                 for o in OPERATIONS]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("| published, UnIS | " + " | ".join(PUBLISHED[o] for o in OPERATIONS) + " |")


def print_repairs(contestants):
    if not any("rebuilt_points" in row["facts"] for rows in contestants.values() for row in rows.values()):
        return
    print("\n| contestant | height | leaf fill | points rebuilt, insert_10pct | points rebuilt, insert_drift |")
    print("|---|---:|---:|---:|---:|")
    for name, rows in contestants.items():
        facts = rows.get("build", {}).get("facts", {})
        if "height" not in facts:
            continue
        rebuilt = [f"{rows[o]['facts']['rebuilt_points']:,.0f}" if o in rows else "–"
                   for o in ("insert_10pct", "insert_drift")]
        print(f"| {name} | {facts['height']:.0f} | {facts['leaf_fill']:.2f} | " + " | ".join(rebuilt) + " |")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(f"{report['machine']} · {report['rows'][0]['threads']} thread(s)")
    sets = {}
    for row in report["rows"]:
        sets.setdefault((row["dataset"], row["n"]), {}).setdefault(row["contestant"], {})[row["operation"]] = row
    for (dataset, n), contestants in sets.items():
        print_times(dataset, n, contestants)
        print_ratios(contestants)
        print_repairs(contestants)
    return 0


if __name__ == "__main__":
    sys.exit(main())

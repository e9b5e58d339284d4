#!/usr/bin/env python3
"""Prints a report of the task adjacency as tables: Table 3.1 of Iliopoulos's dissertation (2020) measured, growth
estimated beside the truth, what a capped hierarchy knows that it lacks, uniform beside partial partition, and what the
hierarchy saves a search.

Usage: adjacency_table.py REPORT.json
"""

import json
import sys
from pathlib import Path


def seconds(value):
    return f"{value:.2g}" if value < 0.01 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def count(value):
    return f"{value:,.0f}" if value < 1e5 else f"{value / 1e6:,.2f} M" if value < 1e9 else f"{value / 1e9:,.2f} G"


def of(rows, operation):
    """{(dataset, n): {contestant: row}} of one operation, in the order of the report."""
    groups = {}
    for row in rows:
        if row["operation"] == operation:
            groups.setdefault((row["dataset"], row["n"]), {})[row["contestant"]] = row
    return groups


def head(title, columns):
    print(f"\n**{title}**\n")
    print("| " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * (len(columns) - 1))


def print_hierarchies(groups):
    head("Construction by qodes (q) and by dual tree (d): Table 3.1 measured",
         ["points", "n", "levels", "edges", "Σ(V + E)", "traversal q", "traversal d", "operations q", "operations d",
          "seconds q", "seconds d", "d ÷ q", "bytes an edge", "log3 c_a"])
    for (dataset, n), found in groups.items():
        if len(found) < 2:
            continue
        q, d = found["coppice/qodes"], found["dual tree"]
        a, b = q["facts"], d["facts"]
        edges = max(a["edges"], 1)
        print(f"| {dataset} | {n:,} | {a['levels']:.0f} | {count(a['edges'])} | {count(a['least_visits'])} | "
              f"{count(a['visits'])} | {count(b['visits'])} | {count(a['operations'])} | {count(b['operations'])} | "
              f"{seconds(q['seconds'])} | {seconds(d['seconds'])} | {d['seconds'] / q['seconds']:.1f} | "
              f"{q['bytes_per_point'] * n / edges:.0f} | {a['log3_c_a']:.2f} |")


def print_growth(groups):
    head("Edges of each level, and the share of them that Theorem 3.2 expected from the level above",
         ["points"] + [f"level {level}" for level in range(1, 11)])
    for (dataset, n), found in groups.items():
        if "coppice/qodes" not in found:
            continue
        facts = found["coppice/qodes"]["facts"]
        cells = []
        for level in range(1, 11):
            edges = facts.get(f"level_{level}_edges", 0)
            expected = facts.get(f"level_{level}_expected", 0)
            cells.append(f"{count(edges)} ({expected / edges:.2f})" if edges else "–")
        print(f"| {dataset}, n = {n:,} | " + " | ".join(cells) + " |")


def print_caps(groups):
    head("Leaves' edges of a hierarchy whose boxes follow few neighbours, the share of all that they are, and what it "
         "takes that share for", ["points", "contestant", "edges", "share", "confidence"])
    for (dataset, n), found in groups.items():
        for name, row in found.items():
            facts = row["facts"]
            print(f"| {dataset}, n = {n:,} | {name} | {count(facts['edges'])} | {facts['share']:.3f} | "
                  f"{facts['confidence']:.3f} |")


def print_partitions(groups):
    caps = sorted({int(key.split("_")[1]) for found in groups.values() for row in found.values()
                   for key in row["facts"] if key.startswith("recall_")})
    head("Uniform and partial partition (L = 9, p = 64), and what a search of at most so many touching leaves finds",
         ["points", "contestant", "leaves", "of one point", "edges", "c_a", "mean", "seconds"]
         + [f"recall, seconds at {cap}" for cap in caps])
    for (dataset, n), found in groups.items():
        for name, row in found.items():
            facts = row["facts"]
            cells = [f"{facts[f'recall_{cap}']:.3f}, {seconds(facts[f'seconds_{cap}'])}" for cap in caps]
            print(f"| {dataset}, n = {n:,} | {name} | {facts['leaves']:,.0f} | "
                  f"{facts['single_point_leaves'] / facts['leaves']:.0%} | {count(facts['edges'])} | "
                  f"{facts['c_a']:,.0f} | {facts['mean_c_a']:.0f} | {seconds(row['seconds'])} | "
                  + " | ".join(cells) + " |")


def print_searches(rows):
    head("Searches from box to touching box (adjacency) and from the root down (root)",
         ["points", "operation", "contestant", "seconds", "build", "distances", "boxes", "pairs of leaves", "rings"])
    for operation in ("all-knn", "all-rnn"):
        for (dataset, n), found in of(rows, operation).items():
            for name, row in found.items():
                facts = row["facts"]
                print(f"| {dataset}, n = {n:,} | {operation} | {name} | {seconds(row['seconds'])} | "
                      f"{seconds(facts['build_seconds'])} | {count(facts['pairs'])} | {count(facts['bounds'])} | "
                      f"{count(facts['leaf_pairs'])} | {count(facts['rings'])} |")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows = report["rows"]
    print(f"{report['machine']}; {max(row['threads'] for row in rows)} thread(s), CPU seconds")
    print_hierarchies(of(rows, "hierarchy"))
    print_growth(of(rows, "hierarchy"))
    print_caps(of(rows, "cap"))
    print_partitions(of(rows, "partition"))
    print_searches(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())

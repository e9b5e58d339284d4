#!/usr/bin/env python3
"""Prints a report of the task kdmap as the tables of the paper (arXiv 2509.08148), beside its published figures.

Usage: kdmap_table.py REPORT.json
"""

import json
import sys
from pathlib import Path

OPERATIONS = ["build", "insert", "erase", "search", "search_all", "search_built"]
# Published: seconds for n = 4,523,071 random tuples on one core of an i7 14700T, and the largest rebuild in thousands.
PUBLISHED_N = 4_523_071
PUBLISHED = {
    "AVL-1": {"insert": 12.9, "erase": 11.9, "search": 6.23},
    "AVL-2": {"insert": 11.7, "erase": 9.85, "search": 5.80},
    "AVL-3": {"insert": 10.9, "erase": 8.91, "search": 5.72},
    "AVL-4": {"insert": 9.41, "erase": 8.81, "search": 5.88},
    "red-black": {"insert": 6.55, "erase": 9.50, "search": 4.74},
}
PUBLISHED_REBUILDS = {("sorted", 1_003_201): 1003, ("sorted", 4_523_071): 4523, ("random", 1_003_201): 461,
                      ("random", 4_523_071): 820}


def seconds(value):
    if value is None:
        return "–"
    return f"{value:.2g}" if value < 0.01 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def print_seconds(dataset, n, contestants):
    print(f"\n**kdmap, {dataset}, n = {n:,}** (seconds for all)\n")
    print("| contestant | " + " | ".join(OPERATIONS) + " | insert ÷ build | bytes a tuple |")
    print("|---|" + "---:|" * (len(OPERATIONS) + 2))
    for name, rows in contestants.items():
        taken = {operation: row["seconds"] for operation, row in rows.items()}
        ratio = f"{taken['insert'] / taken['build']:.1f}" if "insert" in taken else "–"
        last = rows.get("insert", rows["build"])
        print(f"| {name} | " + " | ".join(seconds(taken.get(operation)) for operation in OPERATIONS)
              + f" | {ratio} | {last['bytes_per_point']:.0f} |")
    if dataset != "random":
        return
    for name, published in PUBLISHED.items():
        cells = [seconds(published.get(operation)) for operation in OPERATIONS]
        print(f"| published, {name}, n = {PUBLISHED_N:,} | " + " | ".join(cells) + " | about 1.5 | – |")


def print_shapes(dataset, n, contestants):
    print("\nAfter the insertions:\n\n| contestant | height | mean height | rebuilds | tuples rebuilt | largest rebuild |")
    print("|---|" + "---:|" * 5)
    for name, rows in contestants.items():
        if "insert" not in rows:
            continue
        facts = rows["insert"]["facts"]
        mean = f"{facts['mean_height']:.2f}" if facts["mean_height"] else "–"
        print(f"| {name} | {facts['height']:.0f} | {mean} | {facts['rebuilds']:,.0f} | {facts['rebuilt']:,.0f} | "
              f"{facts['largest_rebuild']:,.0f} |")
    published = PUBLISHED_REBUILDS.get((dataset, n))
    if published is not None:
        print(f"| published | – | – | – | – | {1000 * published:,} |")


def print_latencies(contestants):
    columns = ["p50", "p99", "p99.9", "max"]
    print("\nSingle operations, µs:\n\n| contestant | operation | " + " | ".join(columns) + " |")
    print("|---|---|" + "---:|" * len(columns))
    for name, rows in contestants.items():
        for operation in ("insert", "erase", "search"):
            latency = rows.get(operation, {}).get("latency_us")
            if latency is not None:
                print(f"| {name} | {operation} | " + " | ".join(f"{latency[c]:,.3g}" if latency[c] < 100 else
                                                                  f"{latency[c]:,.0f}" for c in columns) + " |")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    threads = report["rows"][0]["threads"]
    print(f"{report['machine']} · {threads} thread(s)")
    groups = {}
    for row in report["rows"]:
        groups.setdefault((row["dataset"], row["n"]), {}).setdefault(row["contestant"], {})[row["operation"]] = row
    for (dataset, n), contestants in groups.items():
        print_seconds(dataset, n, contestants)
        print_shapes(dataset, n, contestants)
        print_latencies(contestants)
    return 0


if __name__ == "__main__":
    sys.exit(main())

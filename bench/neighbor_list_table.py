#!/usr/bin/env python3
"""Prints reports of the task neighbor-list as Markdown tables: ms a list or a step, and how many times ours that is.

Usage: neighbor_list_table.py REPORT.json [REPORT.json ...]
"""

import sys

from figures import heading, tables

OURS = "coppice/octree"


def milliseconds(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def cell(row, ours):
    if row is None:
        return "–"
    text = milliseconds(row["per_op_us"] / 1e3)
    if ours is None or ours is row:
        return text
    ratio = row["per_op_us"] / ours["per_op_us"]
    return f"{text} ({ratio:.2f}×)" if ratio < 10 else f"{text} ({ratio:,.0f}×)"


def facts_of(rows, operations):
    """The cutoff, and the neighbours that a particle has: on average over the steps."""
    first = next(iter(next(iter(rows.values())).values()))["facts"]
    means = {}
    for contestant in rows.values():
        for operation in operations:
            if operation in contestant:
                means.setdefault(operation, contestant[operation]["facts"]["mean_neighbors"])
    low, high = min(means.values()), max(means.values())
    neighbors = f"{low:.1f}" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f}"
    return f"r = {first['cutoff']:.4g}, {neighbors} neighbours on average"


def main():
    paths = sys.argv[1:]
    if not paths or any(path.startswith("-") for path in paths):
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        print(" · ".join(heading(path)))
        for title, operations, contestants, rows in tables(path):
            print(f"\n**{title}** ({facts_of(rows, operations)}; ms, and in brackets how many times {OURS})\n")
            print("| contestant | threads | " + " | ".join(operations) + " | bytes a particle |")
            print("|---|" + "---:|" * (len(operations) + 2))
            ours = rows.get(OURS, {})
            for name in contestants:
                cells = [cell(rows[name].get(operation), ours.get(operation)) for operation in operations]
                last = list(rows[name].values())[-1]
                memory = last["bytes_per_point"]
                print(f"| {name} | {last['threads']} | " + " | ".join(cells) + " | "
                      + ("–" if memory is None else f"{memory:.0f}") + " |")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

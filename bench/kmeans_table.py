#!/usr/bin/env python3
"""Prints reports of the task kmeans as Markdown tables: seconds, and how many times coppice/kmeans that is.

Usage: kmeans_table.py REPORT.json [REPORT.json ...]

A star marks times that were taken over fewer passes than all 21, and stand for all at the same speed.
"""

import sys

from figures import heading, tables

OURS = "coppice/kmeans"


def cell(row, ours):
    seconds = row["seconds"]
    text = f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds:.3g} s"
    if row["facts"]["passes"] < 21:
        text += "*"
    if ours is not None and ours is not row:
        text += f" ({seconds / ours['seconds']:.3g}×)"
    return text


def main():
    paths = sys.argv[1:]
    if not paths or any(path.startswith("-") for path in paths):
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        print(" · ".join(heading(path)))
        for title, operations, contestants, rows in tables(path):
            print(f"\n**{title}**\n")
            print("| contestant | threads | " + " | ".join(operations) + " |")
            print("|---|" + "---:|" * (len(operations) + 1))
            ours = rows.get(OURS, {})
            for name in contestants:
                found = rows[name]
                cells = [cell(found[each], ours.get(each)) if each in found else "–" for each in operations]
                print(f"| {name} | {next(iter(found.values()))['threads']} | " + " | ".join(cells) + " |")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints reports of the tasks allknn, allrnn and highdim as Markdown tables: seconds, and how many times ours that is.

Usage: graph_table.py REPORT.json [REPORT.json ...]

Memory is the peak beyond the input and the output, in input sizes. For highdim seconds are CPU seconds of all threads,
with the recall that was reached.
"""

import sys

from figures import heading, tables

OURS = "coppice/graph"


def seconds(value):
    return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else \
        f"{value:,.0f}"


def times(row, ours):
    if ours is None or ours is row:
        return ""
    ratio = row["seconds"] / ours["seconds"]
    return f" ({ratio:.2f}×)" if ratio < 10 else f" ({ratio:,.0f}×)"


def memory(row):
    facts = row["facts"]
    return f"{facts['peak_bytes'] / facts['input_bytes']:.2f}"


def graph_columns(operations):
    yield from (name for operation in operations for name in (f"{operation}, s", "CPU s", "memory"))


def graph_cells(found, ours, operations):
    for operation in operations:
        row = found.get(operation)
        yield from ("–", "–", "–") if row is None else (
            seconds(row["seconds"]) + times(row, ours.get(operation)), seconds(row["facts"]["cpu_seconds"]), memory(row))


def high_cells(found, ours, operations):
    for operation in operations:
        row = found.get(operation)
        if row is None:
            yield "–"
            continue
        facts, text = row["facts"], seconds(row["seconds"]) + times(row, ours.get(operation))
        if operation.startswith("cpu_at_recall"):
            text += f" @ {facts['recall']:.4f}"
        if "share_of_fresh" in facts:
            text += f" = {100 * facts['share_of_fresh']:.1f} % of all anew"
            text += f" @ {facts['recall']:.4f}" if facts.get("recall", 1) < 1 else ""
        if "gflops" in facts:
            text += f", {facts['gflops']:.0f} GFLOP/s"
        if "share_of_peak" in facts:
            text += f" = {100 * facts['share_of_peak']:.0f} % of {facts['fma_peak_gflops']:.0f}"
        yield text


def about(rows):
    """What a reader has to know of a set: the radius and how many neighbours that gives."""
    facts = next(iter(next(iter(rows.values())).values()))["facts"]
    if "radius" not in facts:
        return ""
    return f"; r = {facts['radius']:.4g}, {facts['mean_neighbors']:.1f} neighbours on average"


def print_notes(contestants, rows):
    """The settings that packages were given, and what they need before."""
    for name in contestants:
        notes = [f"{operation}: {row['note']}" for operation, row in rows[name].items() if "settings_tried" in row["facts"]]
        if notes:
            print(f"- {name}: " + "; ".join(notes))


def main():
    paths = sys.argv[1:]
    if not paths or any(path.startswith("-") for path in paths):
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        print(" · ".join(heading(path)))
        for title, operations, contestants, rows in tables(path):
            high = title.startswith("highdim")
            columns = operations + ["memory"] if high else list(graph_columns(operations))
            print(f"\n**{title}**{about(rows)}\n")
            print("| contestant | version | threads | " + " | ".join(columns) + " |")
            print("|---|---|" + "---:|" * (len(columns) + 1))
            ours = rows.get(OURS, {})
            for name in contestants:
                first = next(iter(rows[name].values()))
                cells = list((high_cells if high else graph_cells)(rows[name], ours, operations))
                if high:
                    cells.append(memory(max(rows[name].values(), key=lambda row: row["facts"]["peak_bytes"])))
                print(f"| {name} | {first['version']} | {first['threads']} | " + " | ".join(cells) + " |")
            if high:
                print()
                print_notes(contestants, rows)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints the reports of benches as Markdown tables: µs an operation, the smallest in bold.

Usage: table.py [--notes] REPORT.json [REPORT.json ...]      --notes: also every row's note, below its table
"""

import sys

from figures import best, heading, shown, tables


def digits(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_latencies(contestants, rows):
    timed = [(name, operation, row["latency_us"]) for name in contestants
             for operation, row in rows[name].items() if "latency_us" in row]
    if not timed:
        return
    columns = ["p50", "p99", "p99.9", "max"]
    print("\nSingle operations, µs:\n\n| contestant | operation | " + " | ".join(columns) + " |")
    print("|---|---|" + "---:|" * len(columns))
    for name, operation, latency in timed:
        print(f"| {name} | {operation} | " + " | ".join(digits(latency[column]) for column in columns) + " |")


def main():
    arguments = sys.argv[1:]
    notes = "--notes" in arguments
    paths = [argument for argument in arguments if argument != "--notes"]
    if not paths or any(path.startswith("-") for path in paths):
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        print(" · ".join(heading(path)))
        for title, operations, contestants, rows in tables(path):
            print(f"\n**{title}** (µs an operation)\n")
            print("| contestant | version | " + " | ".join(operations) + " | bytes a point |")
            print("|---|---|" + "---:|" * (len(operations) + 1))
            for name in contestants:
                cells = []
                for operation in operations:
                    text = shown(rows[name].get(operation))
                    cells.append(f"**{text}**" if best(rows, operation) == name else text)
                any_row = next(iter(rows[name].values()))
                memory = any_row["bytes_per_point"]
                cells.append("–" if memory is None else f"{memory:.0f}")
                print(f"| {name} | {any_row['version']} | " + " | ".join(cells) + " |")
            print_latencies(contestants, rows)
            if notes:
                print()
                for name in contestants:
                    for operation, row in rows[name].items():
                        print(f"- {name}, {operation}, {row['threads']} thread(s): {row['note']}")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

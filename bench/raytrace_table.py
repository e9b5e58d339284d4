#!/usr/bin/env python3
"""Prints reports of the task raytrace as Markdown tables: milliseconds of builds and millions of rays a second, with how
many times Embree's high quality that is.

Usage: raytrace_table.py REPORT.json [REPORT.json ...]
"""

import sys

from figures import heading, tables

AGAINST = "embree/high"


def speed(row, other):
    if row is None:
        return "–"
    figure = row["facts"]["mrays_per_second"]
    ratio = f" ({figure / other['facts']['mrays_per_second']:.2f}×)" if other is not None and other is not row else ""
    return f"{figure:.2f}{ratio}"


def build(found, other):
    row = found.get("build_fast") or found.get("build_high")
    if row is None:
        return "–"
    ratio = f" ({row['seconds'] / other['seconds']:.2f}×)" if other is not None and other is not row else ""
    return f"{1e3 * row['seconds']:.1f}{ratio}"


def fact(found, name, form):
    row = found.get("build_fast") or found.get("build_high")
    return form.format(row["facts"][name]) if row and name in row["facts"] else "–"


def unlike(found):
    """The share of hits whose t is not that of the reference."""
    shares = [found[name]["facts"]["differing"] for name in ("primary", "incoherent") if name in found]
    return f"{max(shares):.0e}" if shares and max(shares) > 0 else "0" if shares else "–"


def main():
    if len(sys.argv) < 2 or any(path.startswith("-") for path in sys.argv[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    for path in sys.argv[1:]:
        print(" · ".join(heading(path)))
        for title, _, contestants, rows in tables(path):
            high = rows.get(AGAINST, {})
            print(f"\n**{title}** (× of {AGAINST})\n")
            print("| contestant | version | build, ms | primary, Mray/s | incoherent, Mray/s | bytes a triangle | cost "
                  "| duplicates | other hits |")
            print("|---|---|" + "---:|" * 7)
            for name in contestants:
                found = rows[name]
                any_row = next(iter(found.values()))
                memory = any_row["bytes_per_point"]
                cells = [name, any_row["version"], build(found, high.get("build_high")),
                         speed(found.get("primary"), high.get("primary")),
                         speed(found.get("incoherent"), high.get("incoherent")),
                         "–" if memory is None else f"{memory:.0f}", fact(found, "cost", "{:.2f}"),
                         fact(found, "duplicates", "{:.1%}"), unlike(found)]
                print("| " + " | ".join(cells) + " |")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What table.py and plot.py share: a report of a bench, arranged as one table a dataset and size."""

import json
from pathlib import Path


def tables(path):
    """Yields (title, operations, contestants, rows): rows[contestant][operation] is a row of the report."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    groups = {}
    for row in report["rows"]:
        groups.setdefault((row["dataset"], row["n"], row["d"], row["scalar"]), []).append(row)
    for (dataset, n, d, scalar), rows in groups.items():
        operations = list(dict.fromkeys(row["operation"] for row in rows))
        by_contestant = {}
        for row in rows:
            by_contestant.setdefault(row["contestant"], {})[row["operation"]] = row
        ours_first = sorted(by_contestant, key=lambda name: not name.startswith("coppice/"))
        title = f"{report['task']}, {dataset}, n = {n:,}" + ("" if d == 3 else f", d = {d}")
        yield title + (", floats" if scalar == "float" else ""), operations, ours_first, by_contestant


def heading(path):
    """The report's machine line and whether the contestants agreed."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    compared = any(row.get("checksum") for row in report["rows"])
    agreement = "RESULTS DISAGREE" if not report["agree"] else "all exact results agree" if compared else "no answers compared"
    return report["machine"], agreement


def shown(row):
    """Microseconds of an operation as a table shows them."""
    if row is None:
        return "–"
    us = row["per_op_us"]
    text = f"{us:.3f}" if us < 1 else f"{us:.2f}" if us < 100 else f"{us:,.0f}"
    return text + (" (lazy)" if "lazy" in row["note"] and row["operation"].startswith("erase") else "")


def best(rows, operation):
    """The contestant with the smallest figure; a lazy erase does not count."""
    figures = {name: found[operation]["per_op_us"] for name, found in rows.items()
               if operation in found and "(lazy)" not in shown(found[operation])}
    return min(figures, key=figures.get) if figures else None

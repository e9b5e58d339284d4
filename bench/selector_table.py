#!/usr/bin/env python3
"""Prints a report of the task selector as tables: what Ji et al. (UnIS) show in Tables V, VII and VIII and in Figures 9,
11 and 12, measured, beside their published figures.

Usage: selector_table.py REPORT.json
"""

import json
import sys
from pathlib import Path

BY_TIME = "oracle by time"
FIXED = ["depth-first", "depth-first/ball", "best-first", "best-first/ball", "breadth-first", "breadth-first/ball"]


def us(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def percent(value, digits=1):
    return f"{100 * value:.{digits}f} %"


def head(title, columns):
    print(f"\n**{title}**\n")
    print("| " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * (len(columns) - 1))


def print_times(groups, title):
    names = [name for name in next(iter(groups.values())) if name != BY_TIME]
    head(title, ["points"] + names + [BY_TIME])
    for (dataset, n), found in groups.items():
        oracle = found[BY_TIME]["per_op_us"]
        cells = [f"{us(found[name]['per_op_us'])} ({found[name]['per_op_us'] / oracle:.2f})" for name in names]
        print(f"| {dataset}, n = {n:,} | " + " | ".join(cells) + f" | {us(oracle)} |")


def print_ratios(groups):
    head("Table V: breadth-first ÷ depth-first, over boxes, and boxes ÷ balls, depth-first (published: 0.01 to 9.64, and "
         "0.03 to 4.34)", ["points", "BFS ÷ DFS", "MBR ÷ MBB"])
    for (dataset, n), found in groups.items():
        time = {name: found[name]["per_op_us"] for name in FIXED if name in found}
        print(f"| {dataset}, n = {n:,} | {time['breadth-first'] / time['depth-first']:.1f} | "
              f"{time['depth-first'] / time['depth-first/ball']:.2f} |")


def print_ranks(groups):
    head("Table VII: mean reciprocal rank of the best strategy (published: F1 92.35 %, F 93.66 %)",
         ["points", "labels", "F1", "F", "F − F1", "blind", "training, s"])
    for (dataset, n), found in groups.items():
        for label in ("work", "time"):
            one, both = found[f"forest F1 by {label}"]["facts"], found[f"forest F by {label}"]["facts"]
            print(f"| {dataset}, n = {n:,} | {label} | {percent(one['mrr'], 2)} | {percent(both['mrr'], 2)} | "
                  f"{100 * (both['mrr'] - one['mrr']):+.2f} | {percent(both['blind_mrr'], 2)} | "
                  f"{both['training_seconds']:.1f} |")


def print_radius(groups):
    head("Table VIII: radius searches; the strategy that a forest (F, by time) takes most, how often, the share of its "
         "time that predicting takes, and what it gains over the mean of all strategies (published: 96.7 to 99.5 %, 0.01 "
         "to 29.0 %, 25.6 to 37.1 %)",
         ["points", "strategy", "percent", "prediction", "gain over the mean", "the same for coppice/automatic"])
    for (dataset, n), found in groups.items():
        row, facts = found["forest F by time"], found["forest F by time"]["facts"]
        mean = row["per_op_us"] / (1 - facts["gain_over_mean"])
        print(f"| {dataset}, n = {n:,} | {row['note']} | {percent(facts['favourite'])} | "
              f"{percent(facts['prediction_share'])} | {percent(facts['gain_over_mean'])} | "
              f"{percent(1 - found['coppice/automatic']['per_op_us'] / mean)} |")


def print_accesses(groups):
    names = FIXED + ["coppice/automatic", "forest F by work", "forest F by time", "oracle by work"]
    head("Figure 12: points whose distance a kNN search computes (nodes opened), and how often a strategy is the "
         "fastest, and does the least", ["points"] + names)
    for (dataset, n), found in groups.items():
        cells = []
        for name in names:
            facts = found[name]["facts"]
            often = f"; {100 * facts['fastest']:.0f} %, {100 * facts['least_work']:.0f} %" if "fastest" in facts else ""
            cells.append(f"{facts['points']:,.0f} ({facts['nodes']:.0f}){often}")
        print(f"| {dataset}, n = {n:,} | " + " | ".join(cells) + " |")


def print_memory(groups):
    head("Figure 9: memory", ["points", "index, bytes a point", "forest F1, KB", "forest F, KB"])
    for (dataset, n), found in groups.items():
        sizes = [found[f"forest {kind} by work"]["facts"]["selector_bytes"] / 1000 for kind in ("F1", "F")]
        print(f"| {dataset}, n = {n:,} | {found['coppice/automatic']['bytes_per_point']:.1f} | {sizes[0]:.0f} | "
              f"{sizes[1]:.0f} |")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(report["machine"])
    tasks = {}
    for row in report["rows"]:
        task = tasks.setdefault(row["operation"], {})
        task.setdefault((row["dataset"], row["n"]), {})[row["contestant"]] = row
    knn, radius = tasks.get("knn_mixed_k", {}), tasks.get("radius", {})
    if knn:
        print_times(knn, "Figure 11: kNN, k uniform in 1 … 1,000: µs a query (÷ the oracle by time)")
        print_ratios(knn)
        print_ranks(knn)
        print_accesses(knn)
        print_memory(knn)
    if radius:
        print_times(radius, "Radius searches, about 2,000 points at most: µs a query (÷ the oracle by time)")
        print_radius(radius)
    noise = sorted(abs(row["facts"]["noise"]) for row in report["rows"] if row["facts"].get("noise"))
    if noise:
        print(f"\nThe same searches, timed again, differ by {percent(noise[len(noise) // 2])} (median) and "
              f"{percent(noise[-1])} (at most).")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Prints a report of the task octree as Table 2 of the octree's paper (Ellendula and Bajaj) beside its published
figures, single operations, the scaling of its Fig. 3 with slopes, and its Table 1: each capability and where it is
shown.

Usage: octree_table.py REPORT.json [--tests DIR]      DIR: where the tests are (default: tests beside bench)
"""

import json
import math
import re
import sys
from pathlib import Path

PATTERNS = {"varying": "varying density", "stepwise": "step-wise", "exponential": "exponential",
            "multimodal": "multi-modal"}
COLUMNS = {"build": "build", "update": "update", "neighbors": "NB"}
# Published: seconds for 100 K points and 10 steps, on a machine and with a radius that the paper does not name. OM is
# i-Octree.
PUBLISHED = {
    "DO (K = 1000)": [0.00072, 0.05192, 2.10448, 0.00493, 0.21182, 6.58040, 0.00006, 0.04630, 1.65657, 0.00006,
                      0.05760, 1.86797],
    "DO (K = 10)": [0.00165, 0.11467, 0.06234, 0.00575, 0.31715, 0.16876, 0.00006, 0.08393, 0.04575, 0.00008, 0.10379,
                    0.05535],
    "OM": [0.71961, 0.71961, 6.62204, 1.78774, 1.78774, 21.54342, 0.61151, 0.61151, 4.98176, 1.04049, 1.04049, 7.77186],
    "KD": [0.22446, 0.22446, 0.35293, 0.83312, 0.83312, 1.32703, 0.19704, 0.19704, 0.30873, 0.24661, 0.24661, 0.39029],
}
WITH_LATENCIES = ["coppice/octree", "coppice/kd"]  # the other capacities are in the report
SINGLE = ["knn10", "update_1pct", "move", "move_inside", "erase", "insert"]

# Table 1: a capability of the paper's list, what it claims of its octree, and what shows that ours has it: tests by
# suite and name, figures of this bench by task and operation.
CAPABILITIES = [
    ("Dynamic insertion", "yes", ["OctreeTest.IsAdmissibleAfterEveryOperation", "bench octree: insert"]),
    ("Dynamic deletion", "yes", ["OctreeTest.IsAdmissibleAfterEveryOperation", "ChurnTest.DrainsToNothingAndComesBack",
                                 "bench octree: erase"]),
    ("Self-balancing", "yes", ["OctreeTest.IsAdmissibleAfterEveryOperation", "ChurnTest.DeepTrees"]),
    ("Adaptive node capacity", "yes", ["OctreeTest.CapacityChangesInPlace"]),
    ("Nearest neighbour search", "yes", ["Queries.EveryKAroundTheCollectorsLimits", "bench octree: knn10"]),
    ("Range queries", "yes", ["Queries.LargerSetsInLowDimensions", "OctreeAsked.SeveralRadiiInOnePass",
                              "bench octree: neighbors"]),
    ("Down-sampling", "yes", ["OctreeAsked.DownSamplesByEveryPolicy",
                             "OctreeAsked.SamplesPointsAsTheyArrive"]),
    ("Multi-resolution queries", "yes", ["OctreeAsked.LevelsAreThoseOfAGridWhateverTheHistory"]),
    ("Constant-time node access", "yes", ["bench octree: move_inside"]),
    ("Cache-friendly operations", "yes", ["bench octree: knn10", "bench octree: update_1pct"]),
    ("Memory-efficient storage", "yes", ["bench octree: build (bytes a point)"]),
    ("Dynamic memory management", "yes", ["Snapshots.TheirMemoryComesBack", "ChurnTest.DrainsToNothingAndComesBack"]),
    ("Streaming updates", "yes", ["ChurnTest.SlidingWindowAlongALine", "bench octree: update"]),
    ("Low update latency", "yes", ["bench octree: insert (p50, p99)"]),
    ("Bounded operation time", "yes", ["OctreeTest.EveryRepairIsSmall", "bench octree: insert (max)",
                                        "bench octree: insert (nodes_touched)"]),
    ("Density-aware partitioning", "yes", ["OctreeTest.LeavesFollowTheDensity"]),
    ("Local structure optimisation", "yes", ["OctreeTest.EveryRepairIsSmall", "bench octree: insert (repaired_points)"]),
    ("Concurrent operations", "yes", ["SharedTree.ReadersOnSnapshotsBesideOneWriter",
                                      "Concurrency.ConstCallsRunTogether", "SharedTree.ThreadsShareABatch"]),
    ("Box-wise operations", "partly", ["OctreeAsked.BoxesEnterLeaveAndAreHandedOut"]),
]


def seconds(value):
    if value is None:
        return "–"
    return f"{value:.2g}" if value < 0.01 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def microseconds(value):
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def grouped(rows):
    """{(dataset, n): {contestant: {operation: row}}}, in the order of the report."""
    groups = {}
    for row in rows:
        groups.setdefault((row["dataset"], row["n"]), {}).setdefault(row["contestant"], {})[row["operation"]] = row
    return groups


def print_table_2(groups):
    found = {dataset: (n, contestants) for (dataset, n), contestants in groups.items() if dataset in PATTERNS}
    if not found:
        return
    n = next(iter(found.values()))[0]
    print(f"\n**Table 2** (n = {n:,}; seconds for all points: a build, and a step on average)\n")
    print("| contestant | " + " | ".join(f"{PATTERNS[dataset]}: {column}" if column == "build" else column
                                           for dataset in PATTERNS for column in COLUMNS.values()) + " |")
    print("|---|" + "---:|" * (len(PATTERNS) * len(COLUMNS)))
    names = list(dict.fromkeys(name for _, contestants in found.values() for name in contestants))
    for name in names:
        rows = [found.get(dataset, (0, {}))[1].get(name, {}).get(operation)
                for dataset in PATTERNS for operation in COLUMNS]
        print(f"| {name} | " + " | ".join(seconds(row and row["seconds"]) for row in rows) + " |")
    for name, figures in PUBLISHED.items():
        print(f"| published, {name}, n = 100,000 | " + " | ".join(map(seconds, figures)) + " |")
    print()
    for dataset, (_, contestants) in found.items():
        facts = next(rows["neighbors"]["facts"] for rows in contestants.values() if "neighbors" in rows)
        line = f"- {PATTERNS[dataset]}: r = {facts['radius']:.4g}, {facts['mean_neighbors']:.1f} neighbours on average"
        few, many = (contestants.get(f"coppice/octree-k{capacity}", {}).get("neighbors") for capacity in (10, 1000))
        if few and many:
            line += f"; NB with K = 1000 takes {many['seconds'] / few['seconds']:.1f} times what it takes with K = 10"
        print(line)


def print_single(dataset, n, contestants):
    print(f"\n**{dataset}, n = {n:,}** (µs an operation)\n")
    print("| contestant | " + " | ".join(SINGLE) + " | bytes a point | height | nodes | leaves |")
    print("|---|" + "---:|" * (len(SINGLE) + 4))
    crossing = None
    for name, rows in contestants.items():
        if "build" not in rows:
            continue
        cells = [microseconds(rows[operation]["per_op_us"]) for operation in SINGLE]
        facts = rows["build"]["facts"]
        crossing = rows["update_1pct"]["facts"].get("crossing", crossing)
        print(f"| {name} | " + " | ".join(cells) + f" | {rows['build']['bytes_per_point']:.0f} | {facts['height']:.0f} | "
              f"{facts['nodes']:,.0f} | {facts['leaves']:,.0f} |")
    if crossing is not None:
        print(f"\n`update_1pct` is a batch of all points that takes {100 * crossing:.2f} % of them out of their leaves.")
    columns = ["p50", "p99", "p99.9", "max"]
    print("\nSingle operations, µs:")
    print("\n| contestant | operation | " + " | ".join(columns) + " |\n|---|---|" + "---:|" * len(columns))
    for name, rows in contestants.items():
        for operation, row in rows.items():
            if "latency_us" in row and name in WITH_LATENCIES:
                print(f"| {name} | {operation} | " + " | ".join(microseconds(row["latency_us"][c]) for c in columns)
                      + " |")


def slope(points):
    """Of a straight line through the logarithms, by least squares."""
    logs = [(math.log(x), math.log(y)) for x, y in points if y > 0]
    if len(logs) < 2:
        return None
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs))
    return (sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs))


def print_scaling(groups):
    """Fig. 3: every figure by n, with the exponent of n that it grows by."""
    scaled = {n: contestants for (dataset, n), contestants in groups.items() if dataset == "uniform"}
    if len(scaled) < 2:
        return
    print("\n**Fig. 3, uniform** (µs a point or an operation, nodes, points and bytes; the slope is the exponent of n: 0 "
          "where a point costs the same whatever n is)\n")
    print("| contestant | figure | " + " | ".join(f"{n:,}" for n in scaled) + " | slope |")
    print("|---|---|" + "---:|" * (len(scaled) + 1))
    figures = {"nodes touched by an update": ("insert", "nodes_touched"),
               "nodes touched by a query": ("knn10", "nodes_touched"),
               "points repaired by an insert": ("insert", "repaired_points")}
    for name in next(iter(scaled.values())):
        lines = {operation: {n: contestants[name][operation]["per_op_us"] for n, contestants in scaled.items()
                             if operation in contestants.get(name, {})} for operation in [*COLUMNS, *SINGLE]}
        for label, (operation, fact) in figures.items():
            lines[label] = {n: contestants[name][operation]["facts"][fact] for n, contestants in scaled.items()
                            if fact in contestants.get(name, {}).get(operation, {}).get("facts", {})}
        lines["bytes a point"] = {n: contestants[name]["build"]["bytes_per_point"] for n, contestants in scaled.items()
                                  if "build" in contestants.get(name, {})}
        for label, values in lines.items():
            if values:
                exponent = slope(values.items())
                print(f"| {name} | {label} | " + " | ".join(microseconds(values.get(n)) for n in scaled)
                      + f" | {'–' if exponent is None else f'{exponent:.2f}'} |")


def test_names(folder):
    names = set()
    for path in folder.rglob("*_test.cpp"):
        names.update(f"{suite}.{test}" for suite, test in
                     re.findall(r"\b(?:TYPED_)?TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(encoding="utf-8")))
    return names


def print_table_1(folder):
    """Returns the tests that are named but not there."""
    known = test_names(folder)
    missing = []
    print("\n**Table 1** (what the paper lists, what it claims of its octree, and what shows it here)\n")
    print("| capability | the paper's octree | shown by |\n|---|---|---|")
    for capability, claimed, evidence in CAPABILITIES:
        there = [name for name in evidence if name.startswith("bench ") or name in known]
        missing += [name for name in evidence if name not in there]
        print(f"| {capability} | {claimed} | " + (", ".join(f"`{name}`" for name in there) or "–") + " |")
    return missing


def main():
    arguments = sys.argv[1:]
    tests = Path(__file__).resolve().parent.parent / "tests"
    if "--tests" in arguments[:-1]:
        place = arguments.index("--tests")
        tests = Path(arguments[place + 1])
        del arguments[place:place + 2]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    scalar = report["rows"][0]["scalar"]
    print(f"{report['machine']} · {scalar}, {max(row['threads'] for row in report['rows'])} thread(s)"
          + ("" if report["agree"] else " · RESULTS DISAGREE"))
    groups = grouped(report["rows"])
    print_table_2(groups)
    for (dataset, n), contestants in groups.items():
        if dataset in PATTERNS or n == max(size for name, size in groups if name == dataset):
            print_single(dataset, n, contestants)
    print_scaling(groups)
    for name in print_table_1(tests):
        print(f"Table 1 names a test that is not there: {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

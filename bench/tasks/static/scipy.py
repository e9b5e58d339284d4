#!/usr/bin/env python3
"""The contestant scipy (cKDTree) of the task `static`, in a process of its own after the others.

Usage: scipy.py SHARE REPORT [--quick] [--threads T]

SHARE is the folder that bench_static left (--share), REPORT its JSON, to which the rows are added. Searches one at a
time carry the cost of a Python call; as a batch, over the Morton-sorted queries, only that of making the answer.
"""

import argparse
import json
import sys
import time
from pathlib import Path

# This file is called scipy.py; its own folder must not hide the package.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402

NEAREST = {"knn1": 1, "knn10": 10, "knn100": 100}


def mix(x):
    """The finaliser of splitmix64, as in harness/checksum.cpp; wraps around."""
    x = np.asarray(x).astype(np.uint64)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def checksum(answers):
    """`answers`: a number a query."""
    numbers = np.asarray(answers, dtype=np.uint64) + np.arange(len(answers), dtype=np.uint64)
    return f"{int(mix(numbers).sum(dtype=np.uint64)):016x}"


def answer_of_nearest(points, query, ids):
    difference = query - points[ids]
    keys = difference[:, 0] ** 2
    for axis in range(1, difference.shape[1]):  # in the order of the others
        keys = keys + difference[:, axis] ** 2
    farthest = keys.max()
    total = mix(np.float32(farthest).view(np.uint32))
    with np.errstate(over="ignore"):
        return total + mix(ids[keys < farthest * (1 - 1e-12)]).sum(dtype=np.uint64)


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run_set(folder, options):
    notes = json.loads((folder / "workload.json").read_text(encoding="utf-8"))
    points, queries, by_curve = (np.load(folder / f"{name}.npy") for name in ("points", "queries", "queries_sorted"))
    n, checked, radius = notes["n"], notes["checked"], notes["radius"]
    rounds = 3 if options.quick else 5
    budget = 0.12 if options.quick else 0.5
    rows = []

    def add(operation, dataset, seconds, count, threads, agreed):
        per_op = [s / count * 1e6 for s in seconds]
        middle = sorted(per_op)[(len(per_op) - 1) // 2]
        note = f"own process; min {min(per_op):.3g} of {len(per_op)} rounds of {count}"
        rows.append({"contestant": "scipy", "version": scipy.__version__, "operation": operation, "dataset": dataset,
                     "n": n, "d": points.shape[1], "scalar": "double", "threads": threads, "per_op_us": middle,
                     "seconds": middle * count / 1e6, "bytes_per_point": None, "checksum": agreed, "note": note})
        print(f"{'scipy':18} {operation:12} {dataset:16} n={n:<9} {middle:10.4g} us  {note}", file=sys.stderr)

    cKDTree(points)
    add("build", notes["dataset"], [seconds_of(lambda: cKDTree(points)) for _ in range(rounds)], n, 1, "")
    tree = cKDTree(points)

    def timed(operation, one, batch, agreed):
        limit = notes["limits"][operation]
        trial = min(limit, 50)
        estimate = seconds_of(lambda: [one(q) for q in queries[:trial]]) / trial
        count = max(trial, min(limit, int(budget / estimate)))
        seconds = [seconds_of(lambda: [one(q) for q in queries[:count]]) for _ in range(rounds)]
        add(operation, notes["dataset"], seconds, count, 1, agreed)
        if options.quick and notes["dataset"] != "uniform":
            return
        seconds = [seconds_of(lambda: batch(by_curve[:limit])) for _ in range(rounds)]
        add(operation, notes["dataset"] + "/batch", seconds, limit, options.threads, "")

    for operation, k in NEAREST.items():
        ids = tree.query(queries[:checked], k=min(k, n))[1].reshape(checked, -1)
        agreed = checksum([answer_of_nearest(points, q, row) for q, row in zip(queries, ids)])
        timed(operation, lambda q, k=k: tree.query(q, k=k), lambda q, k=k: tree.query(q, k=k, workers=options.threads),
              agreed)
    found = tree.query_ball_point(queries[:checked], radius)
    agreed = checksum([mix(np.array(ids, dtype=np.uint64)).sum(dtype=np.uint64) for ids in found])
    timed("radius", lambda q: tree.query_ball_point(q, radius, return_sorted=False),
          lambda q: tree.query_ball_point(q, radius, return_sorted=False, workers=options.threads), agreed)
    return rows


def agree(rows):
    """As Report::agree in harness/report.cpp."""
    first = {}
    same = True
    for row in rows:
        if row["checksum"]:
            name = (row["operation"], row["dataset"].split("/")[0], row["n"])
            if first.setdefault(name, row["checksum"]) != row["checksum"]:
                print(f"disagreement: {name}: {row['contestant']}", file=sys.stderr)
                same = False
    return same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("share", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    report = json.loads(options.report.read_text(encoding="utf-8"))
    for folder in sorted(options.share.iterdir()):
        if (folder / "workload.json").is_file():
            report["rows"] += run_set(folder, options)
    report["agree"] = agree(report["rows"])
    options.report.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if report["agree"] else 1


if __name__ == "__main__":
    sys.exit(main())

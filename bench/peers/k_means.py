#!/usr/bin/env python3
"""scikit-learn in the task kmeans, in a process of its own, and the task's one report.

Usage: k_means.py SHARE OUT.json REPORT.json... [--quick] [--threads T] [--only A,B]

SHARE is the folder that bench_kmeans left (--share): points and the centers to start from. KMeans(algorithm="lloyd"),
without a tolerance, moves them as often as the others; where that would take too long, fewer times, and its time is that
of all at the same speed. Its centers differ in the last bits, so that its sse is compared: to 1 in 1,000,000.
"""

import argparse
import json
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from apart import LeftOut, apart, finish, joined, say, settled_usage_of

NAME = "scikit-learn"


def cluster(folder, notes, options):
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    points, centers = np.load(folder / "points.npy"), np.load(folder / "centers.npy")
    moves = min(notes["moves"], max(1, int((2e9 if options.quick else 5e10) / (len(points) * len(centers))) - 1))
    warnings.simplefilter("ignore")  # that it did not converge
    with threadpool_limits(options.threads):
        KMeans(4, init=points[:4], n_init=1, max_iter=1).fit(points[:1000])  # code and threads are there
        model = KMeans(len(centers), init=centers, n_init=1, max_iter=moves, tol=0, algorithm="lloyd")
        found, usage = settled_usage_of(lambda: model.fit(points))
    share = (moves + 1) / (notes["moves"] + 1)
    return {"seconds": usage["seconds"] / share, "cpu_seconds": usage["cpu_seconds"] / share,
            "peak_bytes": usage["peak_bytes"], "sse": float(found.inertia_), "passes": moves + 1, "n": len(points),
            "d": points.shape[1]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("share", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    document = joined(options.reports)
    wrong = False
    for path in sorted(options.share.glob("*/workload.json")):
        if options.only and NAME not in options.only.split(","):
            break
        notes = json.loads(path.read_text(encoding="utf-8"))
        try:
            facts = apart(lambda: cluster(path.parent, notes, options), 120 if options.quick else 3600)
        except LeftOut as reason:
            print(f"{NAME}: {notes['operation']} of {notes['dataset']}, left out: {reason}", file=sys.stderr)
            continue
        n, d = facts.pop("n"), facts.pop("d")
        facts["input_bytes"] = 8 * n * d
        row = {"contestant": NAME, "version": version("scikit-learn"), "operation": notes["operation"],
               "dataset": notes["dataset"], "n": n, "d": d, "scalar": "double", "threads": options.threads,
               "per_op_us": facts["seconds"] / n * 1e6, "seconds": facts["seconds"],
               "bytes_per_point": facts["peak_bytes"] / n, "checksum": "",
               "note": f"{facts['seconds']:.3g} s, {facts['passes']} of {notes['moves'] + 1} passes", "facts": facts}
        for other in document["rows"]:
            if all(other[key] == row[key] for key in ("operation", "dataset", "n")) and \
                    other["facts"]["passes"] == facts["passes"] and \
                    abs(other["facts"]["sse"] - facts["sse"]) > 1e-6 * facts["sse"]:
                print(f"disagreement: {row['operation']} on {row['dataset']}: sse {facts['sse']} and "
                      f"{other['facts']['sse']} of {other['contestant']}", file=sys.stderr)
                wrong = True
        document["rows"].append(row)
        say(row)
    return max(finish(document, options.out), 1 if wrong else 0)


if __name__ == "__main__":
    sys.exit(main())

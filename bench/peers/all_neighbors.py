#!/usr/bin/env python3
"""The Python packages of the tasks allknn and allrnn, each in a process of its own, and the task's one report.

Usage: all_neighbors.py TASK SHARE OUT.json REPORT.json... [--quick] [--threads T] [--only A,B]

SHARE is the folder that the programs of the task left (--share), a REPORT the JSON of one of them. OUT gets the rows of
all reports and those of the packages that are installed. They do what the others do: from the points in memory to ids
and distances in the caller's order, int32 ids, the point itself left out; index and conversions count.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from apart import LeftOut, apart, finish, joined, say, usage_of

try:
    import numpy as np
except ImportError:
    np = None

MANY = 250_000  # with --quick, who is slow takes part up to so many points


def mix(x):
    """The finaliser of splitmix64, as in harness/checksum.cpp; wraps around."""
    x = np.asarray(x).astype(np.uint64)
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def keys_of(points, rows, ids):
    """Squared distances, axes in the order of the others; rows and ids of one shape, or rows a column."""
    keys = 0
    for axis in range(points.shape[1]):
        keys = keys + (points[rows, axis] - points[ids, axis]) ** 2
    return keys


def curve_order(points):
    """The rows along a Morton curve."""
    d = points.shape[1]
    bits = 63 // d if d > 3 else 10
    lower = points.min(axis=0)
    cells = ((points - lower) * ((2**bits - 1) / (points.max(axis=0) - lower).max())).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for bit in range(bits):
        for axis in range(d):
            code |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bit * d + axis)
    return np.argsort(code)


def without_self(ids, distances, own):
    """k + 1 neighbours a row without the row's own id, or without the last where it is not among them."""
    n, width = ids.shape
    keep = ids != own[:, None]
    keep[keep.all(axis=1), width - 1] = False
    return ids[keep].reshape(n, width - 1).astype(np.int32), distances[keep].reshape(n, width - 1)


class Scipy:
    name, package, slow, exact, power = "scipy", "scipy", True, True, 1

    def __init__(self, threads):
        from scipy.spatial import cKDTree

        self.tree, self.threads = cKDTree, threads

    def nearest(self, points, k):
        distances, ids = self.tree(points).query(points, k=k + 1, workers=self.threads)
        return without_self(ids, distances, np.arange(len(points)))

    def within(self, points, radius, with_distances):
        tree = self.tree(points)
        if with_distances:
            found = tree.sparse_distance_matrix(tree, radius, output_type="ndarray")
            found = found[found["i"] != found["j"]]
            return found["i"], found["j"], found["v"]
        i, j = tree.query_pairs(radius, output_type="ndarray").T
        return np.concatenate([i, j]), np.concatenate([j, i]), None


class ScipySorted(Scipy):
    name = "scipy/sorted-points"

    def nearest(self, points, k):
        order = curve_order(points)
        ids, distances = super().nearest(points[order], k)
        all_ids, all_distances = np.empty_like(ids), np.empty_like(distances)
        all_ids[order], all_distances[order] = order.astype(np.int32)[ids], distances
        return all_ids, all_distances

    within = None


class ScikitLearn:
    name, package, slow, exact, power = "scikit-learn", "scikit-learn", True, True, 1

    def __init__(self, threads):
        from sklearn.neighbors import NearestNeighbors

        self.make = lambda **options: NearestNeighbors(algorithm="kd_tree", n_jobs=threads, **options)
        self.threads = threads

    def nearest(self, points, k):
        distances, ids = self.make(n_neighbors=k).fit(points).kneighbors()  # of the set itself: without the point
        return ids.astype(np.int32), distances

    def within(self, points, radius, with_distances):
        finder = self.make(radius=radius).fit(points)
        if with_distances:
            distances, ids = finder.radius_neighbors(sort_results=True)
            distances = np.concatenate(distances)
        else:
            ids, distances = finder.radius_neighbors(return_distance=False), None
        rows = np.repeat(np.arange(len(points)), [len(row) for row in ids])
        return rows, np.concatenate(ids), distances


class Faiss:
    """Its one exact index is a plain scan, and in floats."""

    name, package, slow, exact, power = "faiss/flat", "faiss-cpu", True, False, 2

    def __init__(self, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        self.faiss, self.threads = faiss, threads

    def nearest(self, points, k):
        floats = points.astype(np.float32)
        index = self.faiss.IndexFlatL2(points.shape[1])
        index.add(floats)
        keys, ids = index.search(floats, k + 1)
        return without_self(ids, np.sqrt(np.maximum(keys, 0)), np.arange(len(points)))

    within = None


class Vesin:
    name, package, slow, exact, power = "vesin", "vesin", True, True, 1

    def __init__(self, threads):
        from vesin import NeighborList

        self.make, self.threads = NeighborList, threads

    nearest = None

    def within(self, points, radius, with_distances):
        self.finder = self.make(cutoff=radius, full_list=True, n_threads=self.threads)  # owns what it finds
        found = self.finder.compute(points, np.zeros((3, 3)), False, "ijd" if with_distances else "ij", copy=False)
        return found if with_distances else (*found, None)


def rows_of(n, i, j, distances):
    """Pairs as CSR: rows by (distance, id) where there are distances, else in any order."""
    from scipy.sparse import coo_array

    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(i, minlength=n), out=offsets[1:])
    i, j = i.astype(np.int32, copy=False), j.astype(np.int32, copy=False)
    if distances is not None:
        order = np.lexsort((j, distances, i))
        return offsets, j[order], distances[order]
    if np.all(i[1:] >= i[:-1]):
        return offsets, j, None
    pairs = coo_array((np.empty(len(i), np.int8), (i, j)), shape=(n, n))
    pairs.has_canonical_format = True  # nothing to add up
    return offsets, pairs.tocsr().indices, None


def checked_nearest(points, result):
    """As Checksum::add_nearest for every row, and whether distances fit."""
    ids, distances = result
    keys = keys_of(points, np.arange(len(points))[:, None], ids)
    if not np.allclose(np.sqrt(keys), distances, rtol=1e-12, atol=0):
        return "wrong distances"
    farthest = keys.max(axis=1)
    answers = mix(farthest.astype(np.float32).view(np.uint32))
    answers += np.where(keys < (farthest * (1 - 1e-12))[:, None], mix(ids), np.uint64(0)).sum(axis=1, dtype=np.uint64)
    return f"{int(mix(answers + np.arange(len(ids), dtype=np.uint64)).sum(dtype=np.uint64)):016x}"


def checked_within(points, result, radius, band):
    """As checksum_of in tasks/allrnn/rows_checksum.hpp."""
    offsets, ids, distances = result
    rows = np.repeat(np.arange(len(points), dtype=np.int64), np.diff(offsets))
    keys, limit = keys_of(points, rows, ids), radius * radius
    if np.any(keys > limit * (1 + band)) or np.any(rows == ids):
        return "a pair too many"
    if distances is not None:
        same_row = rows[1:] == rows[:-1]
        if not np.allclose(np.sqrt(keys), distances, rtol=1e-12, atol=0) or np.any(np.diff(distances)[same_row] < 0):
            return "wrong distances"
    inside = keys <= limit * (1 - band)
    return f"{int(mix(rows[inside] << 32 | ids[inside]).sum(dtype=np.uint64)):016x}"


class Problem:
    def __init__(self, folder):
        self.notes = json.loads((folder / "workload.json").read_text(encoding="utf-8"))
        self.dataset, self.points = self.notes["dataset"], np.load(folder / "points.npy")
        self.n, self.d = self.points.shape

    def work(self, peer, operation, points):
        if operation == "allknn":
            return peer.nearest(points, min(self.notes["k"], len(points) - 1))
        return rows_of(len(points), *peer.within(points, self.notes["radius"], operation == "allrnn_sorted"))

    def checked(self, operation, result):
        if operation == "allknn":
            return checked_nearest(self.points, result)
        return checked_within(self.points, result, self.notes["radius"], self.notes["band"])


def run_rounds(kind, problem, operation, options):
    """In a process of its own."""
    limit, budget, most = (8, 0.6, 3) if options.quick else (200, 10, 5)
    peer = kind(options.threads)
    few = problem.points[:5_000]
    start = time.perf_counter()
    problem.work(peer, operation, few)  # code and threads are there
    problem.work(peer, operation, few)
    if (time.perf_counter() - start) / 2 * (problem.n / len(few)) ** kind.power > limit:
        raise LeftOut(f"more than {limit} s, by the time for {len(few)} points")
    usages = []
    while len(usages) < most and sum(usage["seconds"] for usage in usages) <= budget:
        result, usage = usage_of(lambda: problem.work(peer, operation, problem.points))
        if not usages:
            answer = {"checksum": problem.checked(operation, result) if kind.exact else "",
                      "edges": int(result[1].size) if operation != "allknn" else 0,
                      "output_bytes": sum(array.nbytes for array in result if array is not None)}
        del result
        usages.append(usage)
    return {**answer, "usages": usages}


def row_of(kind, problem, operation, options):
    answer = apart(lambda: run_rounds(kind, problem, operation, options), 12 if options.quick else 1500)
    usages = answer["usages"]
    seconds, cpu = (sorted(usage[name] for usage in usages) for name in ("seconds", "cpu_seconds"))
    middle = (len(usages) - 1) // 2
    facts = {"cpu_seconds": cpu[middle], "wall_seconds": seconds[middle],
             "peak_bytes": max(usages[0]["peak_bytes"] - answer["output_bytes"], 0),
             "input_bytes": problem.points.nbytes, "output_bytes": answer["output_bytes"]}
    if operation != "allknn":
        facts |= {"radius": problem.notes["radius"], "mean_neighbors": answer["edges"] / problem.n}
    note = f"{seconds[middle]:.3g} s, min {seconds[0]:.3g} of {len(usages)} rounds"
    if not kind.exact:
        note = "in floats, its answers not compared; " + note
    return {"contestant": kind.name, "version": version(kind.package), "operation": operation,
            "dataset": problem.dataset, "n": problem.n, "d": problem.d, "scalar": "double",
            "threads": options.threads, "per_op_us": seconds[middle] / problem.n * 1e6, "seconds": seconds[middle],
            "bytes_per_point": facts["peak_bytes"] / problem.n, "checksum": answer["checksum"], "note": note,
            "facts": facts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["allknn", "allrnn"])
    parser.add_argument("share", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    document = joined(options.reports)
    operations = ["allknn"] if options.task == "allknn" else ["allrnn", "allrnn_sorted"]
    folders = sorted(path.parent for path in options.share.glob("*/workload.json")) if np is not None else []
    if np is None:
        print("numpy is not installed: the Python packages are left out", file=sys.stderr)
    for folder in folders:
        problem = Problem(folder)
        for kind in (Scipy, ScipySorted, ScikitLearn, Faiss, Vesin):
            if options.only and kind.name not in options.only.split(","):
                continue
            if (kind.nearest if options.task == "allknn" else kind.within) is None:
                continue
            if options.quick and kind.slow and problem.n > MANY:
                continue
            for operation in operations:
                try:
                    document["rows"].append(row_of(kind, problem, operation, options))
                    say(document["rows"][-1])
                except LeftOut as reason:
                    print(f"{kind.name}: {operation} of {problem.dataset}, n = {problem.n:,}, left out: {reason}",
                          file=sys.stderr)
                    break  # sorted rows take longer
    return finish(document, options.out)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The Python packages of the task highdim, each in a process of its own, and the task's one report.

Usage: high_dimension.py SHARE OUT.json REPORT.json... [--quick] [--threads T] [--only A,B]

SHARE is the folder that bench_highdim left (--share): points, and the exact graph by which recall is counted. Every
package is run with several settings of its effort, and of those that reach a recall the cheapest counts: finding it is
a present. CPU seconds of all threads are those of index and answers, from float32 rows in memory. `brute` is exact up to
the rounding of floats.
"""

import argparse
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

from apart import LeftOut, apart, finish, joined, say, usage_of

try:
    import numpy as np
except ImportError:
    np = None

TARGETS = {"cpu_at_recall_95": 0.95, "cpu_at_recall_98": 0.98, "cpu_at_recall_99": 0.99}
REACHED = "recall reached"  # in place of a checksum, as tasks/highdim/main.cpp has it


def without_self(ids):
    """k + 1 neighbours a row without the row's own id, or without the last where it is not among them."""
    n, width = ids.shape
    keep = ids != np.arange(n)[:, None]
    keep[keep.all(axis=1), width - 1] = False
    return ids[keep].reshape(n, width - 1)


class Peer:
    """`settings` and `searches` come in order of effort; `build` makes an index and `search` all answers, both say what
    was set."""

    brute = False

    def __init__(self, points, k, threads):
        self.points, self.k, self.threads = points, k, threads

    @staticmethod
    def warm_up(few, threads):
        """Gives the CPU seconds that the first call takes to compile itself; they are stated, not counted."""
        return 0.0


class Hnswlib(Peer):
    name, package = "hnswlib", "hnswlib"
    settings = [(8, 40), (12, 60), (16, 80), (16, 150), (24, 200)]

    def build(self, setting):
        import hnswlib

        links, effort = setting
        self.index = hnswlib.Index(space="l2", dim=self.points.shape[1])
        self.index.init_index(max_elements=len(self.points), ef_construction=effort, M=links)
        self.index.add_items(self.points, num_threads=self.threads)
        return f"M {links}, ef_construction {effort}"

    searches = [12, 16, 24, 36, 54, 80, 120, 180]

    def search(self, effort):
        self.index.set_ef(effort)
        return without_self(self.index.knn_query(self.points, k=self.k + 1, num_threads=self.threads)[0]), f"ef {effort}"


class Pynndescent(Peer):
    """The graph that its index is made of is the answer: no search."""

    name, package = "pynndescent", "pynndescent"
    settings = [11, 15, 20, 30, 45]
    searches = [0]

    @staticmethod
    def warm_up(few, threads):
        start = time.process_time()
        Pynndescent.graph(few, 11, threads)  # numba compiles
        first = time.process_time() - start
        start = time.process_time()
        Pynndescent.graph(few, 11, threads)
        return first - (time.process_time() - start)

    @staticmethod
    def graph(points, neighbors, threads):
        from pynndescent import NNDescent

        return NNDescent(points, n_neighbors=neighbors, n_jobs=threads, random_state=1).neighbor_graph[0]

    def build(self, setting):
        self.ids = self.graph(self.points, setting, self.threads)
        return f"n_neighbors {setting}"

    def search(self, effort):
        return without_self(self.ids[:, :self.k + 1]), ""


class Faiss(Peer):
    package = "faiss-cpu"

    def __init__(self, points, k, threads):
        super().__init__(points, k, threads)
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(threads)

    def answer(self):
        return without_self(self.index.search(self.points, self.k + 1)[1])


class FaissIvf(Faiss):
    name = "faiss/ivf"
    settings = [0.5, 1, 2, 4]  # lists, by the root of n
    searches = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]

    def build(self, setting):
        lists = max(int(setting * len(self.points) ** 0.5), 1)
        self.index = self.faiss.index_factory(self.points.shape[1], f"IVF{lists},Flat")
        self.index.train(self.points)
        self.index.add(self.points)
        return f"{lists} lists"

    def search(self, effort):
        self.index.nprobe = effort
        return self.answer(), f"nprobe {effort}"


class FaissHnsw(Faiss):
    name = "faiss/hnsw"
    settings = [(8, 30), (12, 40), (16, 60), (16, 100)]
    searches = [12, 16, 24, 36, 54, 80, 120]

    def build(self, setting):
        links, effort = setting
        self.index = self.faiss.IndexHNSWFlat(self.points.shape[1], links)
        self.index.hnsw.efConstruction = effort
        self.index.add(self.points)
        return f"M {links}, efConstruction {effort}"

    def search(self, effort):
        self.index.hnsw.efSearch = effort
        return self.answer(), f"efSearch {effort}"


class FaissNnDescent(Faiss):
    """Its graph is the answer where effort is 0; else it is searched."""

    name = "faiss/nndescent"
    settings = [16, 24, 32, 48]
    searches = [0, 16, 32]

    def build(self, setting):
        self.index = self.faiss.IndexNNDescentFlat(self.points.shape[1], setting, self.faiss.METRIC_L2)
        self.index.add(self.points)
        self.width = setting
        return f"K {setting}"

    def search(self, effort):
        if effort == 0:
            graph = self.faiss.vector_to_array(self.index.nndescent.final_graph).reshape(len(self.points), self.width)
            return graph[:, :self.k], "its graph"
        self.index.nndescent.search_L = effort
        return self.answer(), f"search_L {effort}"


class FaissFlat(Faiss):
    name, brute, settings, searches = "faiss/flat", True, [0], [0]

    def build(self, setting):
        self.index = self.faiss.IndexFlatL2(self.points.shape[1])
        self.index.add(self.points)
        return ""

    def search(self, effort):
        return self.answer(), ""


class ScikitLearn(Peer):
    name, package, brute, settings, searches = "scikit-learn", "scikit-learn", True, [0], [0]

    def build(self, setting):
        from sklearn.neighbors import NearestNeighbors

        self.finder = NearestNeighbors(n_neighbors=self.k, algorithm="brute", n_jobs=self.threads).fit(self.points)
        return ""

    def search(self, effort):
        return self.finder.kneighbors(return_distance=True)[1], ""


class NumpyGemm(Peer):
    """|y|² − 2 x·y by a matrix product a block of rows, and the k least of each row."""

    name, package, brute, settings, searches = "numpy", "numpy", True, [0], [0]
    rows = 512

    def build(self, setting):
        self.squares = np.einsum("ij,ij->i", self.points, self.points)
        return f"blocks of {self.rows} rows"

    def search(self, effort):
        n = len(self.points)
        ids = np.empty((n, self.k), np.int32)
        distances = np.empty((n, self.k), np.float32)
        for first in range(0, n, self.rows):
            block = self.points[first:first + self.rows]
            keys = block @ self.points.T
            keys *= -2
            keys += self.squares
            own = np.arange(len(block))
            keys[own, first + own] = np.inf
            best = np.argpartition(keys, self.k - 1, axis=1)[:, :self.k]
            found = np.take_along_axis(keys, best, axis=1) + self.squares[first:first + len(block), None]
            order = np.argsort(found, axis=1)
            ids[first:first + len(block)] = np.take_along_axis(best, order, axis=1)
            distances[first:first + len(block)] = np.sqrt(np.maximum(np.take_along_axis(found, order, axis=1), 0))
        return ids, ""


def recall_of(points, ids, exact):
    """As recall_of in tasks/highdim/recall.cpp: others that are as near as the last neighbour count, too."""
    n, k = exact.shape
    ids = ids[:, :k]
    known = (ids[:, :, None] == exact[:, None, :]).any(axis=2)
    repeated = np.zeros_like(known)
    for j in range(1, k):
        repeated[:, j] = (ids[:, :j] == ids[:, j:j + 1]).any(axis=1)
    hits = int((known & ~repeated).sum())
    rows, places = np.nonzero(~known & ~repeated & (ids >= 0) & (ids != np.arange(n)[:, None]))
    for first in range(0, len(rows), 20_000):  # their distances, in doubles
        row, place = rows[first:first + 20_000], places[first:first + 20_000]
        here = points[row].astype(np.float64)
        keys = ((here - points[ids[row, place]]) ** 2).sum(axis=1)
        hits += int((keys <= ((here - points[exact[row, -1]]) ** 2).sum(axis=1)).sum())
    return hits / (n * k)


def sweep(kind, folder, k, options):
    """Every setting's CPU and wall seconds, memory and recall."""
    points, exact = np.load(folder / "points.npy"), np.load(folder / "ids.npy")
    found = []
    enough, least = max(TARGETS.values()), float("inf")
    for setting in kind.settings[::2] if options.quick else kind.settings:
        peer = kind(points, k, options.threads)  # and the last one's index is gone
        what, build = usage_of(lambda: peer.build(setting))
        if build["cpu_seconds"] > least:
            break  # its index alone takes longer than all of a cheaper one that reaches every recall
        for effort in peer.searches:
            (ids, effort_name), usage = usage_of(lambda: peer.search(effort))
            recall = recall_of(points, ids, exact)
            cpu = build["cpu_seconds"] + usage["cpu_seconds"]
            found.append({"setting": ", ".join(part for part in (what, effort_name) if part), "cpu_seconds": cpu,
                          "wall_seconds": build["seconds"] + usage["seconds"], "recall": recall,
                          "peak_bytes": build["peak_bytes"] + usage["peak_bytes"]})
            print(f"  {kind.name:16} {found[-1]['setting']:44} {cpu:8.3f} CPU s, recall {recall:.4f}", file=sys.stderr)
            if recall >= enough:
                least = min(least, cpu)
                break
    return found


def sweep_all(kind, folders, options):
    """The sweeps of all folders, in a process of its own."""
    warm_up_seconds = kind.warm_up(np.load(folders[0] / "points.npy", mmap_mode="r")[:3000].copy(), options.threads)
    return {"warm_up_seconds": warm_up_seconds,
            "runs": [sweep(kind, folder, notes_of(folder)["k"], options) for folder in folders]}


def notes_of(folder):
    return json.loads((folder / "workload.json").read_text(encoding="utf-8"))


def rows_of(kind, folder, tried, warm_up_seconds, options, blas):
    """A row for each recall that was reached: that of the cheapest setting."""
    dataset = notes_of(folder)["dataset"]
    n, d = np.load(folder / "points.npy", mmap_mode="r").shape
    for operation, target in {"brute": 0.999}.items() if kind.brute else TARGETS.items():
        runs = [run for run in tried if run["recall"] >= target]
        if not runs:
            best = max((run["recall"] for run in tried), default=0)
            print(f"{kind.name}: {operation} of {dataset}, n = {n:,}, left out: no setting reached it (best {best:.4f})",
                  file=sys.stderr)
            continue
        run = min(runs, key=lambda each: each["cpu_seconds"])
        note = f"{run['cpu_seconds']:.3g} CPU s, recall {run['recall']:.4f}"
        facts = {name: run[name] for name in ("cpu_seconds", "wall_seconds", "recall", "peak_bytes")}
        facts |= {"input_bytes": 4 * n * d, "settings_tried": len(tried)}
        if warm_up_seconds:
            facts["warm_up_seconds"] = warm_up_seconds
            note += f", and {warm_up_seconds:.3g} s to compile itself"
        if kind.brute:
            facts["gflops"] = 2e-9 * n * n * d / run["cpu_seconds"]  # every pair twice
            note += f"; OpenBLAS {blas}" if kind is NumpyGemm else ""
        yield {"contestant": kind.name, "version": version(kind.package), "operation": operation, "dataset": dataset,
               "n": n, "d": d, "scalar": "float", "threads": options.threads,
               "per_op_us": run["cpu_seconds"] / n * 1e6, "seconds": run["cpu_seconds"],
               "bytes_per_point": run["peak_bytes"] / n, "checksum": REACHED,
               "note": "; ".join(part for part in (run["setting"], note) if part), "facts": facts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("share", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if np is None:
        print("numpy is not installed: the Python packages are left out", file=sys.stderr)
        blas, folders = "", []
    else:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(options.threads)
        from blas import choose_core

        blas = choose_core()  # starts anew with these
        print(f"OpenBLAS kernels: {blas}", file=sys.stderr)
        folders = sorted(path.parent for path in options.share.glob("*/workload.json"))
    document = joined(options.reports)
    for kind in (Hnswlib, Pynndescent, FaissIvf, FaissHnsw, FaissNnDescent, NumpyGemm, FaissFlat, ScikitLearn):
        if not folders or (options.only and kind.name not in options.only.split(",")):
            continue
        try:
            answer = apart(lambda: sweep_all(kind, folders, options), 120 if options.quick else 7200)
        except LeftOut as reason:
            print(f"{kind.name}: left out: {reason}", file=sys.stderr)
            continue
        for folder, tried in zip(folders, answer["runs"]):
            for row in rows_of(kind, folder, tried, answer["warm_up_seconds"], options, blas):
                document["rows"].append(row)
                say(row)
    return finish(document, options.out)


if __name__ == "__main__":
    sys.exit(main())

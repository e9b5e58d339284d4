#!/usr/bin/env python3
"""The Python packages of the task `neighbor-list`, in a process of their own after the others, and the task's one report.

Usage: neighbor_lists.py SHARE OUT.json REPORT.json... [--quick] [--threads T] [--only A,B]

SHARE is the folder that the programs of the task left (--share), a REPORT the JSON of one of them. OUT gets the rows of
all reports and those of the packages that are installed: each makes the list of the same positions, as arrays of pairs
(with image shifts where the cell is periodic), through the call that its documentation recommends. None keeps anything
from one step to the next, so that a step is a list; those that take long make fewer, the last first.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

try:
    import numpy as np
except ImportError:
    np = None

OPERATIONS = ["list_half", "list_full", "step_all_move", "step_5pct_jump", "step_frame"]
SPOILED = 0x5BD1E995C6A4A793


class LeftOut(Exception):
    """Why a contestant does not take part in an operation."""


class Vesin:
    name, package, scalars, halves = "vesin", "vesin", ["double"], [True, False]

    def __init__(self, threads):
        from vesin import NeighborList

        self.make, self.threads = NeighborList, threads

    def prepare(self, problem, half):
        self.finder = self.make(cutoff=problem.cutoff, full_list=not half, n_threads=self.threads)
        self.cell = np.zeros((3, 3)) if problem.cell is None else problem.cell
        self.quantities = "ij" if problem.cell is None else "ijS"

    def find(self, points):
        return self.finder.compute(points, self.cell, self.quantities == "ijS", self.quantities, copy=False)


class Freud:
    name, package, scalars, halves = "freud", "freud-analysis", ["float"], [False]

    def __init__(self, threads):
        import freud

        self.freud = freud
        freud.parallel.set_num_threads(threads)

    def prepare(self, problem, half):
        self.query = {"mode": "ball", "r_max": problem.cutoff, "exclude_ii": True}
        if problem.cell is not None:
            self.box, self.middle = self.freud.box.Box.from_matrix(problem.cell.T), None
            return
        lower, upper = problem.bounds()
        self.box = self.freud.box.Box(*(upper - lower + 4 * problem.cutoff))  # it knows no open space: nobody is across
        self.middle = ((lower + upper) / 2).astype(np.float32)

    def find(self, points):
        points = self.box.wrap(points) if self.middle is None else points - self.middle
        found = self.freud.locality.AABBQuery(self.box, points).query(points, self.query).toNeighborList()
        return found.query_point_indices, found.point_indices


class Ase:
    name, package, scalars, halves = "ase", "ase", ["double"], [False]

    def __init__(self, threads):
        from ase.neighborlist import primitive_neighbor_list

        self.call = primitive_neighbor_list

    def prepare(self, problem, half):
        self.periodic, self.cutoff = problem.cell is not None, 5.0
        self.unit = self.cutoff / problem.cutoff  # its bins are never smaller than 3
        lower, upper = problem.bounds()
        self.cell = self.unit * (problem.cell if self.periodic else np.diag(upper - lower))

    def find(self, points):
        points = points * self.unit
        return self.call("ijS" if self.periodic else "ij", [self.periodic] * 3, self.cell, points, self.cutoff)


class Matscipy:
    name, package, scalars, halves = "matscipy", "matscipy", ["double"], [False]

    def __init__(self, threads):
        from matscipy.neighbours import neighbour_list

        self.call = neighbour_list

    def prepare(self, problem, half):
        periodic = problem.cell is not None
        lower, upper = problem.bounds()
        self.options = {"quantities": "ijS" if periodic else "ij", "cutoff": problem.cutoff, "pbc": [periodic] * 3,
                        "cell": problem.cell if periodic else np.diag(upper - lower),
                        "cell_origin": np.zeros(3) if periodic else lower}

    def find(self, points):
        return self.call(positions=points, **self.options)


class Scipy:
    name, package, scalars, halves = "scipy", "scipy", ["double"], [True, False]

    def __init__(self, threads):
        from scipy.spatial import cKDTree

        self.tree = cKDTree

    def prepare(self, problem, half):
        self.half, self.cutoff, self.edges = half, problem.cutoff, None
        if problem.cell is not None:
            self.edges = np.diag(problem.cell)
            if np.any(problem.cell != np.diag(self.edges)):
                raise LeftOut("only right-angled cells")

    def find(self, points):
        tree = self.tree(points) if self.edges is None else self.tree(self.wrapped(points), boxsize=self.edges)
        i, j = tree.query_pairs(self.cutoff, output_type="ndarray").T
        return (i, j) if self.half else (np.concatenate([i, j]), np.concatenate([j, i]))

    def wrapped(self, points):
        inside = np.mod(points, self.edges)
        return np.where(inside < self.edges, inside, 0.0)


class Problem:
    def __init__(self, folder):
        notes = json.loads((folder / "workload.json").read_text(encoding="utf-8"))
        self.folder, self.dataset, self.n, self.scalar = folder, notes["dataset"], notes["n"], notes["scalar"]
        self.cutoff, self.band, self.steps = notes["cutoff"], notes["band"], notes["steps"]
        self.cell = np.array(notes["cell"]).reshape(3, 3) if "cell" in notes else None

    def bounds(self):
        """Of all positions of all operations."""
        arrays = [np.load(path, mmap_mode="r") for path in self.folder.glob("*.npy")]
        return (np.min([a.min(axis=0) for a in arrays], axis=0).astype(float),
                np.max([a.max(axis=0) for a in arrays], axis=0).astype(float))

    def positions(self, operation):
        """One array a step, the last first."""
        names = ["start"] if operation.startswith("list") else [
            f"{operation}-{step}" for step in reversed(range(self.steps[operation]))]
        return [np.load(self.folder / f"{name}.npy") for name in names]


def mix(x):
    """The finaliser of splitmix64, as in tasks/neighbor_list/pair_checksum.hpp; wraps around."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def checksum(problem, half, points, found):
    """As PairChecksum; where no shift is named, that of the nearest image."""
    total, near = 0, 0
    chunk = 1 << 20
    for first in range(0, len(found[0]), chunk):
        i, j, *shifts = (np.asarray(part[first:first + chunk]).astype(np.int64) for part in found)
        vectors = points[j].astype(float) - points[i].astype(float)
        if problem.cell is not None:
            shift = shifts[0] if shifts else -np.round(vectors @ np.linalg.inv(problem.cell))
            vectors += shift @ problem.cell
        squared = np.einsum("ij,ij->i", vectors, vectors)
        limit = problem.cutoff * problem.cutoff
        total += int((squared > limit * (1 + problem.band)).sum()) * SPOILED
        clear = squared <= limit * (1 - problem.band)
        near += int((~clear & (squared <= limit * (1 + problem.band))).sum())
        low, high = (np.minimum(i, j), np.maximum(i, j)) if half else (i, j)
        keys = (low[clear].astype(np.uint64) << np.uint64(32)) | high[clear].astype(np.uint64)
        total += int(mix(keys).sum(dtype=np.uint64))
    return f"{total & (2**64 - 1):016x}", near


def seconds_of(peer, points):
    start = time.perf_counter()
    peer.find(points)
    return time.perf_counter() - start


def run_operation(peer, problem, operation, options):
    """The row of the report of a peer that is prepared."""
    half = operation == "list_half"
    positions = problem.positions(operation)
    begin = time.perf_counter()
    found = peer.find(positions[0])
    first = time.perf_counter() - begin
    agreed, near = checksum(problem, half, positions[0], found)
    neighbors = (2 if half else 1) * len(found[0]) / problem.n
    del found
    allowed = 0.5 if options.quick else 8
    seconds = [first] if first > allowed else []  # a slow one needs no warm memory
    end = time.perf_counter() + allowed - sum(seconds)
    for _ in range(3 if options.quick else 5):
        for points in positions:
            if seconds and time.perf_counter() > end:
                break
            seconds.append(seconds_of(peer, points))
    middle = sorted(seconds)[(len(seconds) - 1) // 2]
    threads = options.threads if peer.name in ("vesin", "freud") else 1
    note = f"own process; min {min(seconds) * 1e6:.0f} of {len(seconds)} lists"
    print(f"{peer.name:18} {operation:12} {problem.dataset:16} n={problem.n:<9} {middle * 1e6:10.0f} us  {note}",
          file=sys.stderr)
    return {"contestant": peer.name, "version": version(peer.package), "operation": operation,
            "dataset": problem.dataset, "n": problem.n, "d": 3, "scalar": problem.scalar, "threads": threads,
            "per_op_us": middle * 1e6, "seconds": middle, "bytes_per_point": None, "checksum": agreed, "note": note,
            "facts": {"cutoff": problem.cutoff, "mean_neighbors": neighbors, "near_cutoff": near}}


def run_peer(peer, problems, options):
    rows = []
    limit = 2 if options.quick else 30
    operations = OPERATIONS[:2] if options.quick else OPERATIONS  # their steps are lists, too
    for problem in problems:
        if problem.scalar not in peer.scalars:
            continue
        per_particle = 0.0  # seconds, by which it is known who would take too long: of a few, then of the list before
        for operation in operations:
            if (operation == "list_half") not in peer.halves or problem.steps.get(operation) == 0:
                continue
            try:
                peer.prepare(problem, operation == "list_half")
                if per_particle == 0:
                    few = problem.positions(operation)[0][:500]
                    per_particle = seconds_of(peer, few) / len(few)
                if per_particle * problem.n > limit:
                    raise LeftOut(f"more than {limit} s a list")
                rows.append(run_operation(peer, problem, operation, options))
                per_particle = rows[-1]["seconds"] / problem.n
            except LeftOut as reason:
                print(f"{peer.name}: {operation} of {problem.dataset}, n = {problem.n:,}, left out: {reason}",
                      file=sys.stderr)
    return rows


def disagreements(rows):
    """As Report::disagreements in harness/report.cpp, with both scalars in one report."""
    first = {}
    for row in rows:
        name = (row["operation"], row["dataset"], row["n"], row["scalar"])
        other = first.setdefault(name, row)
        if row["checksum"] and row["checksum"] != other["checksum"]:
            yield f"{row['operation']} on {row['dataset']}, n = {row['n']}, {row['scalar']}: {row['contestant']} and " \
                  f"{other['contestant']} gave different answers"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("share", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    document, *others = (json.loads(path.read_text(encoding="utf-8")) for path in options.reports)
    for other in others:
        document["rows"] += other["rows"]
    if np is not None:
        folders = [path.parent for path in options.share.glob("*/workload.json")]
        problems = sorted(map(Problem, folders), key=lambda problem: (problem.n, problem.dataset))
    for kind in (Vesin, Freud, Ase, Matscipy, Scipy):
        if options.only and kind.name not in options.only.split(","):
            continue
        try:
            if np is None:
                raise ImportError("numpy")
            peer = kind(options.threads)
        except ImportError as missing:
            print(f"{kind.name}: left out, not installed ({missing})", file=sys.stderr)
            continue
        document["rows"] += run_peer(peer, problems, options)
    found = list(disagreements(document["rows"]))
    for line in found:
        print(f"disagreement: {line}", file=sys.stderr)
    document["agree"] = not found
    options.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

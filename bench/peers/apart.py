"""What the Python contestants of allknn, allrnn and highdim share: work in a process of its own with its time and peak
memory, as harness/apart.cpp has it, and the report that their rows join.
"""

import ctypes
import gc
import json
import os
import select
import signal
import statistics
import sys
import time
from pathlib import Path


class LeftOut(Exception):
    """Why a contestant has no row."""


def status_bytes(name):
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def usage_of(work):
    """(result, {seconds, cpu_seconds of all threads, peak_bytes: resident memory at its highest less that before})."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is taken anew shall be seen
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = status_bytes("VmRSS")
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    usage = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - start_cpu}
    usage["peak_bytes"] = max(status_bytes("VmHWM") - before, 0)
    return result, usage


def settled_usage_of(work):
    """As usage_of, but where the first run took less than a second its time does not count: the time is then the median
    of three more runs, to which memory is left as it is."""
    result, usage = usage_of(work)
    if usage["seconds"] < 1:
        times = []
        for _ in range(3):
            start, start_cpu = time.perf_counter(), time.process_time()
            result = work()
            times.append((time.perf_counter() - start, time.process_time() - start_cpu))
        usage["seconds"] = statistics.median(seconds for seconds, _ in times)
        usage["cpu_seconds"] = statistics.median(cpu_seconds for _, cpu_seconds in times)
    return result, usage


def child(work, out):
    try:
        answer = {"result": work()}
    except (LeftOut, ImportError) as reason:
        answer = {"failure": f"not installed ({reason})" if isinstance(reason, ImportError) else str(reason)}
    except Exception as failure:  # whatever a package throws, the others go on
        answer = {"failure": f"{type(failure).__name__}: {failure}"}
    with os.fdopen(out, "w", encoding="utf-8") as pipe:
        json.dump(answer, pipe)


def apart(work, limit):
    """The result of `work`, which must fit into JSON, from a process of its own. Errors: LeftOut."""
    ends = os.pipe()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        os.close(ends[0])
        try:
            child(work, ends[1])
        finally:
            os._exit(0)
    os.close(ends[1])
    text, end, late = b"", time.monotonic() + limit, False
    while True:
        ready, _, _ = select.select([ends[0]], [], [], max(0, end - time.monotonic()))
        if not ready:
            late = True
            os.kill(process, signal.SIGKILL)
            break
        part = os.read(ends[0], 1 << 16)
        if not part:
            break
        text += part
    os.close(ends[0])
    os.waitpid(process, 0)
    if late:
        raise LeftOut(f"more than {limit} s")
    if not text:
        raise LeftOut("its process ended without an answer")
    answer = json.loads(text)
    if "failure" in answer:
        raise LeftOut(answer["failure"])
    return answer["result"]


def disagreements(rows):
    """As Report::disagreements in harness/report.cpp, for rows of several dimensions and scalars in one report."""
    first = {}
    for row in rows:
        if not row["checksum"]:
            continue
        name = (row["operation"], row["dataset"], row["n"], row["d"], row["scalar"])
        other = first.setdefault(name, row)
        if row["checksum"] != other["checksum"]:
            yield f"{row['operation']} on {row['dataset']}, n = {row['n']}: {row['contestant']} and " \
                  f"{other['contestant']} gave different answers"


def joined(reports):
    """The documents of several programs of one task as one."""
    document, *others = (json.loads(Path(path).read_text(encoding="utf-8")) for path in reports)
    for other in others:
        document["rows"] += other["rows"]
    return document


def finish(document, out):
    """Writes the report and gives the exit status: 1 where somebody disagrees, 2 where nothing was measured."""
    if not document["rows"]:
        print("error: nothing was measured: --only and --datasets name nobody who takes part here", file=sys.stderr)
        return 2
    found = list(disagreements(document["rows"]))
    for line in found:
        print(f"disagreement: {line}", file=sys.stderr)
    document["agree"] = not found
    Path(out).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 1 if found else 0


def say(row):
    print(f"{row['contestant']:18} {row['operation']:14} {row['dataset']:16} n={row['n']:<9} {row['note']}", file=sys.stderr)

#!/usr/bin/env python3
"""Draws OUT_DIR/report.png from the report.json and map.npy that `coppice stream --out OUT_DIR` leaves:
how long each update took beside the cost of a rebuild, how many points were live, and the map from above."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
import numpy as np  # noqa: E402
from matplotlib import ticker  # noqa: E402
from matplotlib.colors import LinearSegmentedColormap  # noqa: E402

INK, SOFT, GRID = "#1f2933", "#6b7785", "#e6e9ed"
UPDATE, REBUILD, LIVE = "#0f8b8d", "#d1495b", "#3d5a80"
NIGHT, ROUTE = "#0e1420", "#ff9f43"

# Ground to roofs on a dark page: even the darkest end must stand out.
HEIGHTS = LinearSegmentedColormap.from_list(
    "heights", ["#35508a", "#3f7fb0", "#43b3ae", "#9bd770", "#f4d35e", "#fff3c9"])

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": "#b8c0c9",
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "figure.facecolor": "white",
}


def plain_number(value, _=None):
    """Tick labels of a logarithmic axis as people write them."""
    return f"{value:g}" if value < 10_000 else f"{value:,.0f}"


def figure_of(value):
    """Milliseconds in words: small ones keep their digits."""
    return f"{value:,.1f}" if value >= 10 else f"{value:.3f}"


def draw_latency(axes, report):
    series = np.asarray(report["series"]["update_ms"])
    sweeps = np.arange(len(series))
    update, rebuild = report["update_ms"], report["rebuild_ms"]
    shown = series > 0
    axes.plot(sweeps[shown], series[shown], color=UPDATE, lw=1.4, alpha=0.55, zorder=3)
    axes.scatter(sweeps[shown], series[shown], s=15, color=UPDATE, lw=0, zorder=4)
    axes.axhline(rebuild, color=REBUILD, lw=1.6, ls=(0, (5, 3)), zorder=2)
    moments = [c for c in report["comparisons"] if c["rebuild_ms"] > 0]
    axes.scatter([c["sweep"] for c in moments], [c["rebuild_ms"] for c in moments], s=26, facecolor="white",
                 edgecolor=REBUILD, lw=1.4, zorder=5)

    axes.set_yscale("log")
    values = np.concatenate([series[shown], [c["rebuild_ms"] for c in moments], [rebuild]])
    values = values[values > 0]
    if len(values):
        axes.set_ylim(values.min() / 1.8, values.max() * 2.2)
    axes.yaxis.set_major_locator(ticker.LogLocator(base=10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(plain_number))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.set_ylabel("milliseconds")
    axes.set_title("Update of a sweep")
    end = axes.get_xlim()[1]
    axes.annotate(f"rebuild {figure_of(rebuild)} ms", (end, rebuild), xytext=(0, 6), textcoords="offset points",
                  ha="right", va="bottom", color=REBUILD, fontweight="bold", fontsize=10)
    axes.text(1, 1.035, " · ".join(f"{name} {figure_of(update[name])} ms" for name in ("median", "p95", "max")),
              transform=axes.transAxes, ha="right", va="bottom", color=UPDATE, fontweight="bold", fontsize=10)
    axes.tick_params(labelbottom=False, length=3)


def draw_live(axes, report):
    live = np.asarray(report["series"]["live"], dtype=float)
    unit, word = (1e6, "million points") if live.max() >= 1e6 else (1e3, "thousand points")
    sweeps = np.arange(len(live))
    axes.fill_between(sweeps, live / unit, color=LIVE, alpha=0.16, lw=0)
    axes.plot(sweeps, live / unit, color=LIVE, lw=1.8)
    axes.set_ylim(0, live.max() / unit * 1.22)
    window = report["config"]["window"]
    if window < len(live):
        axes.axvline(window - 1, color=SOFT, lw=0.9, ls=(0, (2, 3)))
        axes.annotate("window full", (window - 1, live.max() / unit * 1.2), xytext=(5, 0),
                      textcoords="offset points", color=SOFT, fontsize=9.5, va="top")
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("sweep")
    axes.set_ylabel(word)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(ticker.MaxNLocator(4))
    axes.set_title("Live points")
    axes.tick_params(length=3)


def view_limits(points):
    """The square around the bulk of the points: a few far ones must not shrink the picture."""
    lower, upper = np.percentile(points, [0.5, 99.5], axis=0)
    middle, half = (lower + upper) / 2, max((upper - lower).max() / 2 * 1.08, 1e-9)
    return middle - half, middle + half


def draw_map(figure, axes, report, points):
    axes.set_facecolor(NIGHT)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    stride = report["map"]["stride"]
    share = "all live points" if stride == 1 else f"1 in {stride} of the live points"
    axes.set_title("The map at the end, from above" if points.shape[1] >= 3 else "The live points at the end")
    axes.text(1, 1.012, share, transform=axes.transAxes, ha="right", va="bottom", color=SOFT, fontsize=9.5)
    if len(points) == 0 or points.shape[1] < 2:
        axes.text(0.5, 0.5, "nothing to draw", transform=axes.transAxes, ha="center", color="white")
        return
    lower, upper = view_limits(points[:, :2])
    size = float(np.clip(1.4e5 / len(points), 0.2, 4))
    if points.shape[1] >= 3:
        points = points[np.argsort(points[:, 2], kind="stable")]  # what stands higher hides what lies below
        low, high = np.percentile(points[:, 2], [2, 99.5])
        drawn = axes.scatter(points[:, 0], points[:, 1], c=points[:, 2], s=size, lw=0, cmap=HEIGHTS, vmin=low,
                             vmax=max(high, low + 1e-6), rasterized=True)
        bar_axes = axes.inset_axes([0.03, 0.045, 0.26, 0.014])
        bar = figure.colorbar(drawn, cax=bar_axes, orientation="horizontal")
        bar.outline.set_visible(False)
        bar_axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
        bar_axes.tick_params(colors="white", length=0, labelsize=8.5, pad=2)
        bar_axes.set_title("height", color="white", fontsize=9, fontweight="normal", pad=4)
    else:
        axes.scatter(points[:, 0], points[:, 1], color="#7fd1ae", s=size, lw=0, rasterized=True)
    route = np.asarray(report["series"].get("position", []), dtype=float)
    if len(route):
        axes.plot(route[:, 0], route[:, 1], color=ROUTE, lw=2, solid_capstyle="round")
        axes.scatter(*route[-1], s=42, color=ROUTE, edgecolor="white", lw=1.2, zorder=5)
        axes.text(0.97, 0.04, "route of the car", transform=axes.transAxes, ha="right", color=ROUTE, fontsize=9.5,
                  fontweight="bold")
    axes.set_xlim(lower[0], upper[0])
    axes.set_ylim(lower[1], upper[1])
    axes.set_aspect("equal")


def headline(report):
    config = report["config"]
    ratio = report["update_p95_over_rebuild"]
    faster = f"a rebuild costs {1 / ratio:,.1f}× the p95 of an update   ·   " if ratio > 0 else ""
    return (
        f"{faster}query {report['query_us']:.2f} µs, fresh index {report['rebuild_query_us']:.2f} µs   ·   "
        f"{report['bytes_per_point']:.1f} bytes a point   ·   "
        f"{report['verified']:,} queries checked against a scan, {report['mismatches']:,} mismatches\n"
        f"{config['source']}   ·   index {config['index']}, {config['scalar']}, k = {config['k']}, "
        f"window {config['window']}, {config['threads']} thread{'' if config['threads'] == 1 else 's'}, "
        f"{config['instruction_set']}"
    )


def draw(directory):
    report = json.loads((directory / "report.json").read_text())
    points = np.load(directory / report["map"]["file"])
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(16, 9), dpi=120)
        grid = figure.add_gridspec(2, 2, width_ratios=[1, 1], height_ratios=[1.75, 1], left=0.05, right=0.985,
                                   top=0.82, bottom=0.07, wspace=0.08, hspace=0.22)
        latency = figure.add_subplot(grid[0, 0])
        live = figure.add_subplot(grid[1, 0], sharex=latency)
        draw_latency(latency, report)
        draw_live(live, report)
        draw_map(figure, figure.add_subplot(grid[:, 1]), report, points)
        figure.text(0.05, 0.955, f"{report['sweeps']:,} sweeps, {report['points_streamed']:,} points, "
                    f"{report['live']:,} live", fontsize=20, fontweight="bold", va="center")
        figure.text(0.05, 0.9, headline(report), fontsize=10.5, color=SOFT, va="center", linespacing=1.6)
        figure.savefig(directory / "report.png")
        plt.close(figure)


def main(arguments):
    if len(arguments) != 2 or arguments[1] in ("-h", "--help"):
        print("usage: stream_report.py OUT_DIR   (draws OUT_DIR/report.png)", file=sys.stderr)
        return 0 if len(arguments) == 2 else 2
    directory = Path(arguments[1])
    try:
        draw(directory)
    except FileNotFoundError as missing:
        print(f"stream_report.py: {missing.filename}: no such file", file=sys.stderr)
        return 3
    except (ValueError, KeyError) as damage:
        print(f"stream_report.py: {directory}: not a report of `coppice stream`: {damage!r}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

#!/usr/bin/env python3
"""Draws the report of a bench: a group of bars an operation, a panel a dataset, times on a logarithmic axis.

Usage: plot.py REPORT.json PICTURE.png
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from figures import heading, shown, tables  # noqa: E402

OURS = ["#1b7837", "#7fbf7b", "#00441b", "#b8e186"]
OTHERS = ["#4575b4", "#91bfdb", "#d73027", "#fc8d59", "#984ea3", "#999999", "#c2a5cf", "#fee090"]


def looks_of(names):
    """How the bars of each contestant look: ours are green. When colours run out, they come again with stripes."""
    looks = {}
    for ours, colours in ((True, OURS), (False, OTHERS)):
        for place, name in enumerate(name for name in names if name.startswith("coppice/") == ours):
            rounds = place // len(colours)
            stripes = {"hatch": "/" * (rounds + 1), "edgecolor": "white", "linewidth": 0} if rounds > 0 else {}
            looks[name] = {"color": colours[place % len(colours)]} | stripes
    return looks


def draw_panel(axes, title, operations, contestants, rows, looks):
    width = 0.85 / len(contestants)
    for place, name in enumerate(contestants):
        xs, heights = [], []
        for group, operation in enumerate(operations):
            row = rows[name].get(operation)
            if row is None:
                continue
            x = group + (place - (len(contestants) - 1) / 2) * width
            xs.append(x)
            heights.append(row["per_op_us"])
            axes.text(x, row["per_op_us"] * 1.06, shown(row), rotation=90, ha="center", va="bottom", fontsize=6)
        axes.bar(xs, heights, width * 0.92, label=name, **looks[name])
    axes.set_yscale("log")
    axes.margins(y=0.22)
    axes.set_xticks(range(len(operations)), operations)
    axes.set_ylabel("µs an operation")
    axes.set_title(title, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    panels = list(tables(sys.argv[1]))
    names = list(dict.fromkeys(name for panel in panels for name in panel[2]))
    looks = looks_of(names)
    figure, all_axes = plt.subplots(len(panels), 1, figsize=(11, 3.4 * len(panels) + 0.9), squeeze=False,
                                    layout="constrained")
    for axes, panel in zip(all_axes[:, 0], panels):
        draw_panel(axes, *panel, looks)
    handles = {label: handle for axes in all_axes[:, 0] for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(len(handles), 8), fontsize=8)
    machine, agreement = heading(sys.argv[1])
    figure.suptitle(f"{machine}\n{agreement}; shorter is better", fontsize=8)
    figure.savefig(sys.argv[2], dpi=130)
    return 0


if __name__ == "__main__":
    sys.exit(main())

// The run over time: how long each update took beside a rebuild, on a logarithmic scale, and how many points were live;
// a marker at the sweep that is shown. The chart shares its axis with the slider below.

const SVG = "http://www.w3.org/2000/svg";

function element(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

const grouped = (n) => Math.round(n).toLocaleString("en-US");
const brief = (x) => x >= 100 ? grouped(x) : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : String(+x.toPrecision(2));

class Timeline {
  constructor(report, seek) {
    this.report = report;
    this.chart = document.getElementById("chart");
    this.sweeps = report.series.update_ms.length;
    const at = (e) => {
      const box = this.chart.getBoundingClientRect();
      const share = (e.clientX - box.left - this.left) / (box.width - this.left - this.right);
      seek(Math.round(Math.min(1, Math.max(0, share)) * (this.sweeps - 1)));
    };
    this.chart.addEventListener("pointerdown", (e) => { this.chart.setPointerCapture(e.pointerId); at(e); });
    this.chart.addEventListener("pointermove", (e) => { if (e.buttons) at(e); });
  }

  // The slider's thumb is 14 px wide: the chart's axis starts and ends at its middle.
  draw() {
    const { chart, report } = this, { update_ms: update, live } = report.series;
    const width = chart.clientWidth, height = chart.clientHeight, top = 16, bottom = 6;
    const left = this.left = 7, right = this.right = 7;
    chart.replaceChildren();
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.x = (i) => left + (width - left - right) * i / Math.max(1, this.sweeps - 1);
    const values = [...update, report.rebuild_ms, ...report.comparisons.map((c) => c.rebuild_ms)].filter((v) => v > 0);
    const low = Math.min(...values) / 1.5, high = Math.max(...values) * 1.5;
    this.y = (v) => top + (height - top - bottom) * (1 - Math.log(Math.max(v, low) / low) / Math.log(high / low));
    const most = Math.max(...live, 1), floor = height - bottom;
    const area = live.map((n, i) => `L${this.x(i)},${floor - (floor - top) * n / most}`).join("");
    element(chart, "path", { class: "live", d: `M${this.x(0)},${floor}${area}L${this.x(this.sweeps - 1)},${floor}Z` });
    const steps = high / low > 100 ? [1] : [1, 2, 5];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; ++power)
      for (const value of steps.map((step) => step * 10 ** power).filter((v) => v >= low && v <= high / 1.15)) {
        const y = this.y(value);
        element(chart, "line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y });
        element(chart, "text", { x: left, y: y - 3 }, `${+value.toPrecision(1)} ms`);
      }
    const rebuild = this.y(report.rebuild_ms);
    element(chart, "path", { class: "rebuild", d: `M${left},${rebuild}H${width - right}` });
    element(chart, "text", { class: "rebuild-label", x: width - right, y: rebuild - 4, "text-anchor": "end" },
            `a rebuild ${brief(report.rebuild_ms)} ms`);
    const shown = update.map((v, i) => [i, v]).filter(([, v]) => v > 0);
    element(chart, "path", { class: "update", d: shown.map(([i, v], n) => `${n ? "L" : "M"}${this.x(i)},${this.y(v)}`).join("") });
    if (this.sweeps <= 400)
      for (const [i, v] of shown) element(chart, "circle", { class: "dot", cx: this.x(i), cy: this.y(v), r: 1.8 });
    element(chart, "text", { x: left, y: 10 },
            width > 620 ? `Update of a sweep, one leaves and one enters (dots); live points, at most ${grouped(most)} (area)` : "Update of a sweep · live points");
    this.now = element(chart, "line", { class: "now", y1: top, y2: floor });
    this.dot = element(chart, "circle", { class: "dot at", r: 4 });
  }

  show(t) {
    const { series, rebuild_ms: rebuild } = this.report, update = series.update_ms[t];
    this.now.setAttribute("x1", this.x(t));
    this.now.setAttribute("x2", this.x(t));
    this.dot.setAttribute("cx", this.x(t));
    this.dot.setAttribute("cy", this.y(update));
    const parts = [["", "sweep", `${t + 1} of ${this.sweeps}`], ["", "live", grouped(series.live[t])],
                   ["#5cc8c2", "update", `${brief(update)} ms`], ["#e0607a", "rebuild", `${brief(rebuild)} ms`],
                   ["", "query", `${series.query_us[t].toFixed(2)} µs`]];
    document.getElementById("moment").replaceChildren(...parts.map(([color, label, value]) => {
      const item = document.createElement("span"), figure = document.createElement("b");
      if (color) {
        const mark = document.createElement("i");
        mark.style.background = color;
        item.append(mark);
      }
      figure.textContent = value;
      item.append(`${label} `, figure);
      return item;
    }));
  }
}

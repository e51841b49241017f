// A Plotly figure that is changed in place: no frame without a chart, no elements made anew.

const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: "reset" };

export default (component) => mount(component, (parent) => new Plot(parent));

class Plot {
  constructor(parent) {
    this.root = parent.querySelector(".plot");
    this.resized = new ResizeObserver(() => this.drawn && window.Plotly.Plots.resize(this.root));
  }

  async update({ data, setTriggerValue }) {
    const look = lookOf(this.root);
    const wanted = data.figure + JSON.stringify(look);
    Object.assign(this, { setTriggerValue });
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.root.style.minHeight = `${data.height}px`; // the place is kept before the chart is there
    try {
      await loaded(data.script);
    } catch {
      this.wanted = null;
      if (!this.drawn) this.root.textContent = "The chart could not be loaded. Reload the page.";
      return;
    }
    if (wanted === this.wanted && this.root.isConnected) this.draw(JSON.parse(data.figure), look);
  }

  draw({ data, layout }, look) {
    const constants = { uirevision: "same", template: templateOf(look) }; // what somebody zoomed into stays
    this.root.role = "img";
    this.root.ariaLabel = wordsOf(data, layout);
    window.Plotly.react(this.root, data, { ...layout, ...constants }, CONFIG);
    if (this.drawn) return;
    this.drawn = true;
    this.root.on("plotly_click", ({ points: [point] }) => this.setTriggerValue("point", [point.x, point.y]));
    this.resized.observe(this.root);
  }

  close() {
    this.resized.disconnect();
    if (this.drawn) window.Plotly.purge(this.root);
  }
}

// What the chart is about, for whoever cannot see it.
function wordsOf(data, { xaxis, yaxis }) {
  const [across, up] = [xaxis, yaxis].map((axis) => axis?.title?.text ?? "");
  const names = [...new Set(data.filter(({ showlegend }) => showlegend !== false).map(({ name }) => name).filter(Boolean))];
  const axes = [up, across].filter(Boolean).join(" against ");
  return [`Chart${axes && " of "}${axes}`, ...names].join(", ").replace(/<[^>]*>/g, "");
}

// One script for all plots of the page.
function loaded(address) {
  window.ipoPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => {
      window.ipoPlotly = undefined;
      script.remove();
      reject(new Error(`no answer from ${address}`));
    };
    document.head.append(script);
  });
  return window.ipoPlotly;
}

function templateOf({ text, faint, gridline, background, font }) {
  const axis = {
    gridcolor: gridline,
    zerolinecolor: gridline,
    linecolor: gridline,
    tickcolor: gridline,
    tickfont: { color: faint },
    title: { font: { color: faint } },
    automargin: true,
  };
  return {
    layout: {
      font: { family: font, color: text },
      colorway: [text], // of a curve without a colour
      paper_bgcolor: background,
      plot_bgcolor: background,
      annotationdefaults: { font: { color: faint } },
      hoverlabel: { bgcolor: background, bordercolor: gridline, font: { color: text, family: font } },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

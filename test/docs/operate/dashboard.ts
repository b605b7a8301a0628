import type { MetricDefinition } from "../../../server/cli/src/operate/metric-list.ts";

type Named = readonly [name: string, metric: MetricDefinition];

/** A query of a panel, and what each of its lines is called. */
interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** The size of the grid is Grafana's: 24 columns. */
const PANEL = { width: 12, height: 8 } as const;

const SERVERS = 'instance=~"$instance"';
/** What Grafana puts the choice of the reader in the place of. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** Make a dashboard of Grafana that shows every figure: a row for what they are about, a panel for each. */
export function toDashboard(metrics: Readonly<Record<string, MetricDefinition>>): object {
  const subjects = [...new Set(Object.values(metrics).map(({ about }) => about))];
  const panels: object[] = [];
  let y = 0;
  for (const subject of subjects) {
    const row = { x: 0, y, w: 24, h: 1 };
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: subject,
      collapsed: false,
      gridPos: row,
      panels: [],
    });
    const named = Object.entries(metrics).filter(([, { about }]) => about === subject);
    for (const [index, one] of named.entries()) {
      const column = index % 2;
      const place = { x: column * PANEL.width, y: y + 1 + Math.floor(index / 2) * PANEL.height };
      panels.push({
        id: panels.length + 1,
        ...toPanel(one),
        gridPos: { ...place, w: PANEL.width, h: PANEL.height },
      });
    }
    y += 1 + Math.ceil(named.length / 2) * PANEL.height;
  }
  return {
    uid: "countersign",
    title: "Countersign",
    tags: ["countersign"],
    schemaVersion: 39,
    editable: true,
    time: { from: "now-6h", to: "now" },
    refresh: "1m",
    timezone: "browser",
    templating: { list: VARIABLES },
    annotations: { list: [] },
    panels,
  };
}

const VARIABLES = [
  { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
  {
    name: "instance",
    label: "Server",
    type: "query",
    datasource: SOURCE,
    query: { query: "label_values(countersign_ready, instance)", refId: "servers" },
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  },
];

function toPanel(named: Named): object {
  const [name, { help, type }] = named;
  const targets = toQueries(named).map(({ expr, legend }, index) => ({
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource: SOURCE,
    expr,
    legendFormat: legend,
  }));
  return {
    type: "timeseries",
    title: name.replace(/^countersign_/, "").replaceAll("_", " "),
    description: help,
    datasource: SOURCE,
    fieldConfig: {
      defaults: { unit: unitOf(name, type), min: type === "gauge" ? undefined : 0 },
      overrides: [],
    },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets,
  };
}

function unitOf(name: string, type: MetricDefinition["type"]): string {
  if (type === "counter") {
    return "ops";
  }
  return name.endsWith("_seconds") ? "s" : "short";
}

/** A counter is shown by its rate, a histogram by two quantiles, and a time by how far away it is. */
export function toQueries([name, { type, labels = [] }]: Named): readonly Query[] {
  const shown = labels.map((label) => `{{${label}}}`).join(" ");
  const by = (...more: readonly string[]): string => `sum by (${[...labels, ...more].join(", ")})`;
  const series = `${name}{${SERVERS}}`;
  if (type === "counter") {
    return [{ expr: `${by()} (rate(${series}[$__rate_interval]))`, legend: shown === "" ? "all" : shown }];
  }
  if (type === "histogram") {
    return [0.5, 0.99].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, ${by("le")} (rate(${name}_bucket{${SERVERS}}[$__rate_interval])))`,
      legend: `p${quantile * 100} ${shown}`.trim(),
    }));
  }
  const legend = `{{instance}} ${shown}`.trim();
  if (!name.endsWith("_seconds")) {
    return [{ expr: series, legend }];
  }
  return [{ expr: name.endsWith("_expires_seconds") ? `${series} - time()` : `time() - ${series}`, legend }];
}

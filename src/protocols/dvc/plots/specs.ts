/** How a plot is drawn; what is absent is chosen. */
export interface PlotSettings {
  readonly template?: string | undefined;
  readonly x?: string | undefined;
  readonly xLabel?: string | undefined;
  readonly yLabel?: string | undefined;
  readonly title?: string | undefined;
  readonly header?: boolean | undefined;
}

export interface PlotPoint {
  readonly row: Readonly<Record<string, unknown>>;
  readonly x: unknown;
  readonly y: unknown;
  readonly field: string;
  readonly file: string;
  readonly revision: string;
}

/** The names of the templates, which are DVC's. */
export const plotTemplates = [
  "linear",
  "simple",
  "smooth",
  "scatter",
  "scatter_jitter",
  "bar_horizontal",
  "bar_horizontal_sorted",
  "confusion",
  "confusion_normalized",
] as const;

type Spec = Readonly<Record<string, unknown>>;

/** A plot as Vega-Lite 5: one colour for each revision, one dash for each file or field. */
export function plotSpec(id: string, points: readonly PlotPoint[], settings: PlotSettings): Spec {
  const template = settings.template ?? "linear";
  const base = {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: settings.title ?? id,
    width: 300,
    height: 300,
  };
  if (template.startsWith("confusion")) return { ...base, ...confusion(points, settings, template) };
  const values = points.map(({ x, y, field, file, revision }) => ({
    x,
    y,
    series: `${file} ${field}`,
    rev: revision,
  }));
  const isQuantity = points.every(({ x }) => typeof x === "number");
  const xAxis = {
    field: "x",
    type: isQuantity ? "quantitative" : "nominal",
    title: settings.xLabel ?? settings.x ?? "step",
  };
  const yAxis = {
    field: "y",
    type: points.every(({ y }) => typeof y === "number") ? "quantitative" : "nominal",
    title: settings.yLabel ?? ([...new Set(points.map(({ field }) => field))].join(", ") || "y"),
    scale: { zero: false },
  };
  const hasSeries = new Set(values.map(({ series }) => series)).size > 1;
  const color = { field: "rev", type: "nominal", title: "revision" };
  const dash = hasSeries ? { strokeDash: { field: "series", type: "nominal", title: "series" } } : {};
  const shape = hasSeries ? { shape: { field: "series", type: "nominal", title: "series" } } : {};
  const data = { values };
  switch (template) {
    case "scatter":
    case "scatter_jitter":
      return {
        ...base,
        data,
        mark: { type: "point", tooltip: true },
        encoding: { x: xAxis, y: yAxis, color, ...shape },
      };
    case "bar_horizontal":
    case "bar_horizontal_sorted": {
      const order = template === "bar_horizontal_sorted" ? { sort: "-x" } : {};
      const encoding = {
        x: { ...xAxis, type: "quantitative" },
        y: { ...yAxis, type: "nominal", ...order },
        color,
      };
      return { ...base, data, mark: { type: "bar", tooltip: true }, encoding };
    }
    case "smooth":
      return {
        ...base,
        data,
        transform: [{ loess: "y", on: "x", groupby: ["rev", "series"], bandwidth: 0.3 }],
        mark: { type: "line", tooltip: true },
        encoding: { x: xAxis, y: yAxis, color, ...dash },
      };
    default:
      return {
        ...base,
        data,
        mark: { type: "line", tooltip: true },
        encoding: { x: xAxis, y: yAxis, color, ...dash },
      };
  }
}

/** How often each pair of actual and predicted class occurs, a matrix for each revision. */
function confusion(points: readonly PlotPoint[], settings: PlotSettings, template: string): Spec {
  const values = points.map(({ x, y, revision }) => ({ actual: x, predicted: y, rev: revision }));
  const isNormal = template === "confusion_normalized";
  const count = { aggregate: [{ op: "count", as: "count" }], groupby: ["actual", "predicted", "rev"] };
  const share = [
    { joinaggregate: [{ op: "sum", field: "count", as: "sum" }], groupby: ["actual", "rev"] },
    { calculate: "datum.count / datum.sum", as: "shown" },
  ];
  return {
    data: { values },
    transform: [count, ...(isNormal ? share : [{ calculate: "datum.count", as: "shown" }])],
    facet: { column: { field: "rev", type: "nominal", title: "revision" } },
    spec: {
      encoding: {
        x: { field: "actual", type: "nominal", title: settings.xLabel ?? settings.x ?? "actual" },
        y: { field: "predicted", type: "nominal", title: settings.yLabel ?? "predicted" },
      },
      layer: [
        {
          mark: { type: "rect", tooltip: true },
          encoding: { color: { field: "shown", type: "quantitative" } },
        },
        {
          mark: "text",
          encoding: { text: { field: "shown", type: "quantitative", format: isNormal ? ".2f" : "d" } },
        },
      ],
    },
  };
}

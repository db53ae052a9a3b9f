/** What is known of a metric a gate may name. */
export interface MetricTraits {
  /** How people call it, to begin a sentence with. */
  readonly name: string;
  readonly better: "higher" | "lower";
  /** `share`: within 0 and 1. `money`: per prediction, in the currency of the costs. */
  readonly unit: "share" | "money" | "milliseconds" | "target" | "none";
  /** What the rows of the holdout must say; `load` metrics are measured by a load test instead. */
  readonly from: "classes" | "scores" | "values" | "load";
  /** Whether live traffic and its outcomes can answer it too, so that a monitor follows from the gate. */
  readonly live: boolean;
}

export const metrics = {
  expected_cost: {
    name: "The expected cost per prediction",
    better: "lower",
    unit: "money",
    from: "classes",
    live: true,
  },
  recall: { name: "Recall", better: "higher", unit: "share", from: "classes", live: true },
  precision: { name: "Precision", better: "higher", unit: "share", from: "classes", live: true },
  f1: { name: "The F1 score", better: "higher", unit: "share", from: "classes", live: true },
  accuracy: { name: "Accuracy", better: "higher", unit: "share", from: "classes", live: true },
  roc_auc: {
    name: "The area under the ROC curve",
    better: "higher",
    unit: "share",
    from: "scores",
    live: false,
  },
  log_loss: { name: "Log loss", better: "lower", unit: "none", from: "scores", live: false },
  mae: { name: "The mean absolute error", better: "lower", unit: "target", from: "values", live: true },
  rmse: { name: "The root mean squared error", better: "lower", unit: "target", from: "values", live: true },
  mape: {
    name: "The mean absolute percentage error",
    better: "lower",
    unit: "share",
    from: "values",
    live: true,
  },
  r2: {
    name: "The coefficient of determination",
    better: "higher",
    unit: "none",
    from: "values",
    live: false,
  },
  latency_p50_ms: {
    name: "The median latency",
    better: "lower",
    unit: "milliseconds",
    from: "load",
    live: true,
  },
  latency_p95_ms: {
    name: "The 95th percentile of latency",
    better: "lower",
    unit: "milliseconds",
    from: "load",
    live: true,
  },
  latency_p99_ms: {
    name: "The 99th percentile of latency",
    better: "lower",
    unit: "milliseconds",
    from: "load",
    live: true,
  },
  error_rate: {
    name: "The share of failed predictions",
    better: "lower",
    unit: "share",
    from: "load",
    live: true,
  },
} as const satisfies Readonly<Record<string, MetricTraits>>;

export type Metric = keyof typeof metrics;

export function traitsOf(metric: Metric): MetricTraits {
  return metrics[metric];
}

export type Task = "classification" | "regression";

export function suitsTask(metric: Metric, task: Task): boolean {
  const { from } = traitsOf(metric);
  return from === "load" || (from === "values") === (task === "regression");
}

import { duration, number, share, words } from "../components/format.ts";

/** What a metric of the charter is called where people read it. */
export function metricName(metric: string): string {
  return names[metric] ?? words(metric);
}

/** How its values are written: money as money, shares as per cent, times as times. */
export function metricFormat(metric: string, currency = ""): (value: number | null) => string {
  if (metric === "expected_cost") {
    return (value) =>
      value === null ? "–" : `${number(value, digitsOf(value))}${currency && ` ${currency}`}`;
  }
  if (/^latency.*_ms$/.test(metric)) return (value) => duration(value);
  if (["coverage", "decision_share", "error_rate", "errors"].includes(metric)) return (value) => share(value);
  if (metric === "volume") return (value) => number(value);
  return (value) => (value === null ? "–" : number(value, 3));
}

const names: Readonly<Record<string, string>> = {
  expected_cost: "cost per prediction",
  latency_ms: "latency, mean",
  latency_p50_ms: "latency, median",
  latency_p95_ms: "latency, 95th percentile",
  latency_p99_ms: "latency, 99th percentile",
  roc_auc: "area under the ROC curve",
  decision_share: "share decided yes",
  volume: "predictions",
  f1: "F1",
};

function digitsOf(value: number): number {
  return Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 2 : 3;
}

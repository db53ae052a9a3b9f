import { nearestRankQuantile } from "#stats";

import type { RoutingTable, ServedRoute, Variant, VariantReport } from "#serving/routing";

// Enough for a p99 worth the name, and bounded however long the gateway runs.
const keptLatencies = 2_048;

interface Meter {
  readonly report: Omit<VariantReport, "requests" | "rows" | "errors" | "latencyMs">;
  requests: number;
  rows: number;
  errors: number;
  readonly latenciesMs: Float64Array;
  seen: number;
}

/** Counts what each variant did since the gateway started. */
export interface Meters {
  answered(route: ServedRoute, variant: Variant, rows: number, latencyMs: number): void;
  failed(route: ServedRoute, variant: Variant): void;
  report(): VariantReport[];
  /** Forgets the variants the table does not name. */
  retain(table: RoutingTable): void;
  /** The same in Prometheus' text format; labels are bounded by the variants there are. */
  prometheus(): string;
}

export function createMeters(): Meters {
  const meters = new Map<string, Meter>();

  function meterOf(route: ServedRoute, variant: Variant): Meter {
    const key = keyOf(route, variant);
    let meter = meters.get(key);
    if (meter === undefined) {
      const { releaseId, modelVersionId, role } = variant;
      const report = { deployment: route.deployment, releaseId, modelVersionId, role };
      meter = {
        report,
        requests: 0,
        rows: 0,
        errors: 0,
        latenciesMs: new Float64Array(keptLatencies),
        seen: 0,
      };
      meters.set(key, meter);
    }
    return meter;
  }

  const report = (): VariantReport[] =>
    [...meters.values()].map(({ report, requests, rows, errors, latenciesMs, seen }) => ({
      ...report,
      requests,
      rows,
      errors,
      latencyMs: seen === 0 ? null : quantiles(latenciesMs.subarray(0, Math.min(seen, keptLatencies))),
    }));

  return {
    answered(route, variant, rows, latencyMs) {
      const meter = meterOf(route, variant);
      meter.requests += 1;
      meter.rows += rows;
      meter.latenciesMs[meter.seen % keptLatencies] = latencyMs;
      meter.seen += 1;
    },
    failed(route, variant) {
      meterOf(route, variant).errors += 1;
    },
    report,
    retain({ routes }) {
      const kept = new Set(routes.flatMap((route) => route.variants.map((variant) => keyOf(route, variant))));
      for (const key of meters.keys()) if (!kept.has(key)) meters.delete(key);
    },
    prometheus: () => present(report()),
  };
}

function keyOf(route: ServedRoute, variant: Variant): string {
  return `${route.deployment}\n${variant.releaseId}\n${variant.role}`;
}

function quantiles(latenciesMs: Float64Array): { p50: number; p95: number; p99: number } {
  return {
    p50: nearestRankQuantile(latenciesMs, 0.5),
    p95: nearestRankQuantile(latenciesMs, 0.95),
    p99: nearestRankQuantile(latenciesMs, 0.99),
  };
}

function present(reports: readonly VariantReport[]): string {
  const lines: string[] = [];
  const family = (
    name: string,
    help: string,
    type: string,
    value: (report: VariantReport) => number | undefined,
  ): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const report of reports) {
      const { deployment, modelVersionId, role } = report;
      const number = value(report);
      if (number === undefined) continue;
      lines.push(
        `${name}{deployment="${deployment}",model_version="${modelVersionId}",role="${role}"} ${number}`,
      );
    }
  };
  family(
    "gyre_predict_requests_total",
    "Prediction requests answered.",
    "counter",
    (report) => report.requests,
  );
  family("gyre_predict_rows_total", "Rows predicted.", "counter", (report) => report.rows);
  family(
    "gyre_predict_errors_total",
    "Prediction requests that failed in the model.",
    "counter",
    (report) => report.errors,
  );
  family(
    "gyre_predict_latency_p95_ms",
    "95th percentile of recent latencies.",
    "gauge",
    (report) => report.latencyMs?.p95,
  );
  return `${lines.join("\n")}\n`;
}

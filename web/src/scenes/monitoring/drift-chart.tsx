import { TimeChart } from "../../components/charts/time-chart.tsx";
import { number } from "../../components/format.ts";
import type { DriftSeries } from "../../data/monitoring.ts";

/** Evidence in powers of ten: 0 is none, the line is where a false alarm becomes as rare as the charter asks. */
export function DriftChart({ series }: { series: readonly DriftSeries[] }) {
  const at = [...new Set(series.flatMap((each) => each.points.map((point) => point.atMs)))].sort(
    (a, b) => a - b,
  );
  const limit = series[0]?.limit;
  return (
    <TimeChart
      title="Evidence of drift, powers of ten"
      at={at}
      height={200}
      format={(value) => number(value, 1)}
      series={series.slice(0, 8).map((each) => {
        const known = new Map(
          each.points.map((point) => [point.atMs, Math.log10(Math.max(point.value, 1e-6))]),
        );
        return {
          key: each.column,
          label: each.column,
          values: at.map((moment) => known.get(moment) ?? null),
        };
      })}
      thresholds={limit === undefined || limit <= 0 ? [] : [{ value: Math.log10(limit), label: "alarm" }]}
    />
  );
}

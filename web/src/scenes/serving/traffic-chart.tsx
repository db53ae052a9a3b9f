import { TimeChart } from "../../components/charts/time-chart.tsx";
import { number } from "../../components/format.ts";
import type { TrafficPoint, Variant } from "../../data/deployments.ts";

/** Predictions over the time they were made, a line for each version and role. */
export function TrafficChart({
  points,
  variants,
}: {
  points: readonly TrafficPoint[];
  variants: readonly Variant[];
}) {
  const at = [...new Set(points.map((point) => point.startMs))].sort((a, b) => a - b);
  if (at.length < 2)
    return <p className="text-soft">Too few predictions for a curve yet. The form below sends one.</p>;
  const names = new Map(variants.map((variant) => [variant.modelVersionId, `v${variant.number}`]));
  const groups = Map.groupBy(points, (point) => `${point.modelVersionId} ${point.role}`);
  return (
    <TimeChart
      title="Predictions"
      showTitle={false}
      at={at}
      height={220}
      range={[0, null]}
      format={(value) => number(value)}
      series={[...groups].map(([key, members], index) => {
        const known = new Map(members.map((point) => [point.startMs, point.predictions]));
        const [first] = members;
        return {
          key,
          label: `${names.get(first?.modelVersionId ?? "") ?? "earlier version"} ${first?.role ?? ""}`,
          values: at.map((moment) => known.get(moment) ?? 0),
          dashed: first?.role === "shadow",
          colour: index,
        };
      })}
    />
  );
}

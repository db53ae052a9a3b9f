import { TimeChart } from "../../components/charts/time-chart.tsx";
import { number } from "../../components/format.ts";
import type { TrafficPoint } from "../../data/deployments.ts";

/** Predictions over the time they were made, a line for each version and role. */
export function TrafficChart({
  points,
  numbers,
}: {
  points: readonly TrafficPoint[];
  /** The number of each model version, by its id. */
  numbers: ReadonlyMap<string, number>;
}) {
  const at = [...new Set(points.map((point) => point.startMs))].sort((a, b) => a - b);
  if (at.length < 2)
    return <p className="text-soft">Too few predictions for a curve yet. The form below sends one.</p>;
  const versions = [...new Set(points.map((point) => point.modelVersionId))];
  const groups = Map.groupBy(points, (point) => `${point.modelVersionId} ${point.role}`);
  return (
    <TimeChart
      title="Predictions"
      showTitle={false}
      at={at}
      height={220}
      range={[0, null]}
      format={(value) => number(value)}
      series={[...groups].map(([key, members]) => {
        const known = new Map(members.map((point) => [point.startMs, point.predictions]));
        const { modelVersionId = "", role = "" } = members[0] ?? {};
        const version = numbers.get(modelVersionId);
        return {
          key,
          label: `${version === undefined ? "a version" : `v${version}`} ${role}`,
          values: at.map((moment) => known.get(moment) ?? null),
          dashed: role !== "live",
          colour: versions.indexOf(modelVersionId),
        };
      })}
    />
  );
}

import { TimeChart, type ChartMark, type ChartSpan } from "../../components/charts/time-chart.tsx";
import { count, number } from "../../components/format.ts";
import type { Incident } from "../../data/incidents.ts";
import type { Quality, Window } from "../../data/monitoring.ts";
import { metricFormat, metricName } from "../metrics.ts";

/** A metric over the time of the predictions, with its bound, the releases, and the stretches of trouble. */
export function QualityChart({
  metric,
  quality,
  bounds,
  incidents,
  currency,
  height = 280,
}: QualityChartProps) {
  const { windows } = quality;
  const format = metricFormat(metric, currency);
  return (
    <TimeChart
      title={metricName(metric)}
      showTitle={false}
      at={windows.map((window) => window.startMs)}
      height={height}
      format={format}
      axisFormat={/coverage|share/.test(metric) ? format : (value) => number(value)}
      series={[
        {
          key: metric,
          label: metricName(metric),
          values: windows.map((window) => window.value),
          low: windows.map((window) => window.interval?.[0] ?? null),
          high: windows.map((window) => window.interval?.[1] ?? null),
          n: windows.map((window) => window.n),
          points: windows.map(pointOf),
          notes: windows.map(noteOf),
        },
      ]}
      thresholds={bounds.map((bound) => ({ value: bound, label: `bound ${format(bound)}` }))}
      marks={marksOf(quality, incidents)}
      spans={incidents.filter((each) => each.kind !== "guardrail").map(spanOf)}
    />
  );
}

interface QualityChartProps {
  metric: string;
  quality: Quality;
  bounds: readonly number[];
  incidents: readonly Incident[];
  currency: string;
  height?: number;
}

/** What the points and the shading of the chart mean. */
export function QualityLegend({ windows }: { windows: readonly Window[] }) {
  const maturing = windows.filter((window) => window.state === "provisional").length;
  const restated = windows.reduce((all, window) => all + window.restated, 0);
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 text-xs text-faint">
      <li className="inline-flex items-center gap-1.5">
        <Point look="solid" /> final window
      </li>
      <li className="inline-flex items-center gap-1.5">
        <Point look="hollow" /> still maturing: {maturing}
      </li>
      <li className="inline-flex items-center gap-1.5">
        <Point look="ringed" /> restated by a late outcome: {count(restated, "time")}
      </li>
      <li className="inline-flex items-center gap-1.5">
        <span aria-hidden="true" className="h-3 w-5 rounded-sm border border-bad-line bg-bad-wash" /> incident
      </li>
    </ul>
  );
}

function Point({ look }: { look: "solid" | "hollow" | "ringed" }) {
  return (
    <svg width="14" height="14" aria-hidden="true" style={{ color: "var(--series-1)" }}>
      <circle
        cx="7"
        cy="7"
        r="2.5"
        stroke="currentColor"
        strokeWidth="1.5"
        fill={look === "hollow" ? "none" : "currentColor"}
      />
      {look === "ringed" && <circle cx="7" cy="7" r="5.5" stroke="currentColor" fill="none" />}
    </svg>
  );
}

function pointOf(window: Window) {
  if (window.state === "provisional") return "hollow";
  return window.restated > 0 ? "ringed" : "solid";
}

function noteOf(window: Window): string | null {
  if (window.state === "provisional") return "still maturing";
  return window.restated > 0 ? `restated ${count(window.restated, "time")}` : null;
}

/** Versions going live, trouble beginning and being found, candidates taken back. */
function marksOf({ releases }: Quality, incidents: readonly Incident[]): ChartMark[] {
  return [
    ...releases.map((release): ChartMark => ({
      atMs: release.atMs,
      label: release.text.replace("version ", "v"),
      tone: "good",
    })),
    ...incidents.map((incident): ChartMark => ({
      atMs: incident.openedAtMs,
      label: incident.kind === "guardrail" ? "rolled back" : "alarm",
      tone: "bad",
    })),
  ];
}

function spanOf(incident: Incident): ChartSpan {
  return { fromMs: incident.onsetMs, toMs: incident.resolvedAtMs };
}

import { number } from "../../components/format.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import type { Monitor } from "../../data/monitoring.ts";
import { metricFormat, metricName } from "../metrics.ts";

/** Every monitor with what it says now; choosing one draws it below. */
export function MonitorCards({ monitors, chosen, currency, onChoose }: MonitorCardsProps) {
  return (
    <ul className="grid grid-cols-2 gap-3 xl:grid-cols-4">
      {monitors.map((monitor) => (
        <li key={`${monitor.monitor} ${monitor.segment ?? ""}`}>
          <button
            type="button"
            aria-pressed={monitor.metric === chosen.metric && (monitor.segment ?? "") === chosen.segment}
            onClick={() => onChoose(monitor)}
            className="flex h-full w-full flex-col rounded-xl border border-line bg-panel p-3 text-left hover:border-line-strong aria-pressed:border-accent aria-pressed:ring-1 aria-pressed:ring-accent sm:p-4"
          >
            <Reading monitor={monitor} currency={currency} />
            <Evidence monitor={monitor} />
            <span className="mt-2 hidden w-full border-t border-line pt-2 text-xs text-soft sm:block">
              {monitor.sentence}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface MonitorCardsProps {
  monitors: readonly Monitor[];
  chosen: { metric: string; segment: string };
  currency: string;
  onChoose: (monitor: Monitor) => void;
}

function Reading({ monitor, currency }: { monitor: Monitor; currency: string }) {
  const { metric, segment, interval, n, state } = monitor;
  const format = metricFormat(metric ?? "", currency);
  const bare = metricFormat(metric ?? "");
  return (
    <>
      <span className="text-sm text-soft">
        {metricName(metric ?? monitor.kind)}
        {segment && <span className="text-faint"> · {segment.replace("=", " ")}</span>}
      </span>
      <span className="mt-1 mb-0.5 flex w-full flex-wrap items-center justify-between gap-x-2 gap-y-1">
        <span className="tabular text-xl font-semibold">{format(monitor.value)}</span>
        <StateBadge state={state} {...(state === "watching" ? { word: "watching" } : {})} />
      </span>
      <span className="tabular text-xs text-faint">
        {interval && `${bare(interval[0])} to ${bare(interval[1])} · `}n = {number(n)}
      </span>
    </>
  );
}

/** How near it is to being sure that something is wrong, on the scale of powers of ten. */
function Evidence({ monitor }: { monitor: Monitor }) {
  const part = Math.log10(Math.max(1, monitor.eValue)) / Math.log10(Math.max(10, monitor.alarmAt));
  const filled = Math.min(1, part);
  return (
    <span
      className="mt-2 block w-full"
      title={`Evidence ${number(monitor.eValue)}; it alarms at ${number(monitor.alarmAt)}`}
    >
      <span className="meter block h-1 w-full overflow-hidden rounded-full bg-idle-wash">
        <span
          className={`block h-full rounded-full ${monitor.alarm ? "bg-bad" : filled > 0.5 ? "bg-warn" : "bg-idle"}`}
          style={{ width: `${Math.round(filled * 100)}%` }}
        />
      </span>
      <span className="sr-only">{`Evidence of trouble: ${Math.round(filled * 100)} % of what it takes to alarm`}</span>
    </span>
  );
}

import { number, share, words } from "../../components/format.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import type { Monitor } from "../../data/monitoring.ts";

/** Every monitor with its newest value; choosing one draws it below. */
export function MonitorCards({ monitors, chosen, onChoose }: MonitorCardsProps) {
  return (
    <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-4">
      {monitors.map((monitor) => (
        <li key={monitor.id}>
          <button
            type="button"
            aria-pressed={monitor.metric === chosen.metric && (monitor.segment ?? "") === chosen.segment}
            onClick={() => onChoose(monitor)}
            className="flex h-full w-full flex-col rounded-xl border border-line bg-panel p-4 text-left hover:border-line-strong aria-pressed:border-accent aria-pressed:ring-1 aria-pressed:ring-accent"
          >
            <span className="text-sm text-soft">
              {words(monitor.metric)}
              {monitor.segment && <span className="text-faint"> · {monitor.segment}</span>}
            </span>
            <span className="mt-1 flex w-full flex-wrap items-center justify-between gap-x-2">
              <span className="tabular text-xl font-semibold">{number(monitor.value)}</span>
              <StateBadge state={monitor.state} />
            </span>
            <span className="tabular text-xs text-faint">
              {monitor.interval && `${number(monitor.interval[0])} to ${number(monitor.interval[1])} · `}n ={" "}
              {number(monitor.n)}
              {monitor.coverage !== null && ` · ${share(monitor.coverage, 0)} covered`}
            </span>
            <span className="mt-2 block border-t border-line pt-2 text-xs text-soft">{monitor.sentence}</span>
            {monitor.asOfMs !== null && (
              <span className="mt-auto block pt-1 text-xs text-faint">
                as of <RelativeTime atMs={monitor.asOfMs} />
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface MonitorCardsProps {
  monitors: readonly Monitor[];
  chosen: { metric: string; segment: string };
  onChoose: (monitor: Monitor) => void;
}

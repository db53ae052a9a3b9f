import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import { lookOf, toneClasses } from "./states.ts";
import { RelativeTime } from "./time.tsx";

/** What happened, newest or oldest first as given; each entry with its moment and who did it. */
export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  return (
    <ol className="relative">
      {entries.map((entry, index) => {
        const look = lookOf(entry.state ?? "pending");
        const icon = entry.state ? look.icon : "dot";
        return (
          <li key={entry.id} className="relative flex gap-3.5 pb-5 last:pb-0">
            {index < entries.length - 1 && (
              <span aria-hidden="true" className="absolute top-6 bottom-0 left-[11.5px] w-px bg-line" />
            )}
            <span
              className={`flex size-6 shrink-0 items-center justify-center rounded-full border bg-panel ${toneClasses[look.tone].ink} ${toneClasses[look.tone].line}`}
            >
              <Icon name={icon} size={12} strokeWidth={2} />
            </span>
            <div className="min-w-0 flex-1 pt-0.5">
              <div className="flex flex-wrap items-baseline justify-between gap-x-4">
                <p className="min-w-0">{entry.title}</p>
                <p className="text-xs text-faint">
                  {entry.actor && <>{entry.actor} · </>}
                  <RelativeTime atMs={entry.atMs} />
                </p>
              </div>
              {entry.detail && <div className="mt-0.5 text-sm text-soft">{entry.detail}</div>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

export interface TimelineEntry {
  id: string | number;
  atMs: number;
  title: ReactNode;
  detail?: ReactNode;
  actor?: string;
  /** Gives the mark a meaning; without it a plain dot. */
  state?: string;
}

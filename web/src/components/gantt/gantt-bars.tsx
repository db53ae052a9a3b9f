import { duration } from "../format.ts";
import { Icon } from "../icons.tsx";
import { lookOf, toneClasses } from "../states.ts";
import type { GanttRow, LaneBar } from "./gantt.tsx";

type ToPx = (atMs: number) => number;

/** The bars of one row: hatched while it waited, filled while it ran, a mark where the cache stood in. */
export function GanttBars({
  row,
  toPx,
  width,
  nowMs,
}: {
  row: GanttRow;
  toPx: ToPx;
  width: number;
  nowMs: number;
}) {
  const { tone, icon } = lookOf(row.state);
  const classes = toneClasses[tone];
  if (row.state === "cached") {
    const at = row.endMs ?? row.startMs ?? row.readyMs;
    if (at === null) return null;
    const left = Math.min(width - 4, Math.max(4, toPx(at)));
    return (
      <span
        className="absolute top-1/2 flex -translate-y-1/2 items-center gap-1 text-xs text-faint"
        style={{ left }}
      >
        <Icon name={icon} size={12} strokeWidth={2} className={classes.ink} />
        <span className="whitespace-nowrap">from the cache</span>
      </span>
    );
  }
  const waitedTo = row.startMs ?? (row.state === "waiting" ? nowMs : null);
  const waited =
    row.readyMs === null || waitedTo === null ? undefined : clip(toPx(row.readyMs), toPx(waitedTo), width);
  const endMs = row.endMs ?? nowMs;
  const ran = row.startMs === null ? undefined : clip(toPx(row.startMs), toPx(endMs), width);
  return (
    <>
      {waited && waited.width >= 1 && (
        <span
          className="absolute top-2 h-3 rounded-l-sm border border-idle-line [background:repeating-linear-gradient(135deg,transparent_0_3px,var(--idle-line)_3px_5px)]"
          style={waited}
          title={`waited ${duration((waitedTo ?? 0) - (row.readyMs ?? 0))}: ${row.reason}`}
        />
      )}
      {row.state === "waiting" && (
        <span
          className="absolute top-1 max-w-full truncate rounded-sm bg-panel px-1 text-xs leading-5 text-soft"
          style={{ left: Math.max(4, Math.min((waited?.left ?? 0) + 8, width - 180)) }}
          title={row.reason}
        >
          {row.reason}
        </span>
      )}
      {ran && row.startMs !== null && (
        <>
          <span
            className={`absolute top-1.5 h-4 rounded-sm border ${classes.line} ${classes.wash} ${row.isCritical ? "border-b-2 border-b-ink" : ""}`}
            style={ran}
            title={`${row.label}: ${duration(endMs - row.startMs)}`}
          >
            <span className={`absolute inset-y-0 left-0 w-1 rounded-l-sm ${classes.fill}`} />
          </span>
          <span
            className={`tabular pointer-events-none absolute top-1 text-2xs leading-5 whitespace-nowrap ${classes.ink}`}
            style={ran.width > 64 ? { left: ran.left + 8 } : besides(ran, width)}
          >
            {duration(endMs - row.startMs)}
          </span>
        </>
      )}
    </>
  );
}

/** The bars of a lane; those narrower than a pixel are drawn as one. */
export function LaneBars({
  bars,
  toPx,
  width,
  selected,
  onSelect,
}: {
  bars: readonly LaneBar[];
  toPx: ToPx;
  width: number;
  selected: string | undefined;
  onSelect: (id: string) => void;
}) {
  const shown: { bar: LaneBar; left: number; width: number }[] = [];
  let drawnTo = -1;
  for (const bar of bars) {
    const place = clip(toPx(bar.startMs), toPx(bar.endMs), width);
    if (!place || (place.left + place.width <= drawnTo + 1 && bar.state !== "failed")) continue;
    shown.push({ bar, ...place });
    drawnTo = place.left + place.width;
  }
  return shown.map(({ bar, left, width: barWidth }) => {
    const look = lookOf(bar.state);
    const classes = toneClasses[look.tone];
    return (
      <button
        key={bar.id}
        type="button"
        tabIndex={-1}
        aria-label={`${bar.label}, ${look.word}, ${duration(bar.endMs - bar.startMs)}`}
        title={`${bar.label}, ${look.word}, ${duration(bar.endMs - bar.startMs)}`}
        onClick={() => onSelect(bar.id)}
        className={`absolute top-0.5 flex h-6 items-center overflow-hidden rounded-sm border px-1 text-2xs ${classes.wash} ${classes.ink} ${bar.id === selected ? "border-accent ring-1 ring-accent" : classes.line}`}
        style={{ left, width: Math.max(2, barWidth) }}
      >
        {barWidth > 28 && (
          <>
            <Icon name={look.icon} size={10} strokeWidth={2} className="mr-1 shrink-0" />
            <span className="truncate">{bar.label}</span>
          </>
        )}
      </button>
    );
  });
}

/** What of a bar is in sight, at least two pixels of it. */
function clip(left: number, right: number, width: number): { left: number; width: number } | undefined {
  if (right < 0 || left > width) return undefined;
  const start = Math.max(-4, left);
  return { left: start, width: Math.max(2, Math.min(width + 4, right) - start) };
}

function besides(bar: { left: number; width: number }, width: number) {
  const right = bar.left + bar.width;
  return right > width - 56 ? { right: width - bar.left + 4 } : { left: right + 4 };
}

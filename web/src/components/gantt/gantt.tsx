import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { IconButton } from "../button.tsx";
import { duration } from "../format.ts";
import { Icon } from "../icons.tsx";
import { lookOf, toneClasses } from "../states.ts";
import { useSize } from "../use-size.ts";
import { GanttBars, LaneBars } from "./gantt-bars.tsx";
import { shiftSpan, ticks, toLanes, zoomSpan, type Span } from "./time-axis.ts";

const rowHeight = 28;

/**
 * What ran when: a row for each thing, or a lane for each that ran at once. Only the rows in sight exist.
 * Ctrl and the wheel, or + and -, zoom in time; the arrow keys move; 0 shows everything.
 */
export function Gantt({ label, rows, whole, nowMs, byLane, selected, onSelect, height = 420 }: GanttProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [axis, size] = useSize<HTMLDivElement>();
  const wanted = useRef<number>(undefined);
  const [chosen, setChosen] = useState<Span>();
  const span = chosen ?? whole;
  const lanes = useMemo(
    () => (byLane ? toLanes(rows.flatMap((row) => ran(row, nowMs))) : []),
    [byLane, rows, nowMs],
  );
  const amount = byLane ? lanes.length : rows.length;
  const virtualizer = useVirtualizer({
    count: amount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const [, width] = [0, Math.max(1, size.width)];
  const zoom = (factor: number, aroundMs = (span.fromMs + span.toMs) / 2) =>
    setChosen(zoomSpan(span, factor, aroundMs, whole));
  const shift = (share: number) => setChosen(shiftSpan(span, (span.toMs - span.fromMs) * share, whole));
  usePointerTime(scroller, axis, span, whole, setChosen);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const deed = {
      "+": () => zoom(1.5),
      "=": () => zoom(1.5),
      "-": () => zoom(1 / 1.5),
      "0": () => setChosen(undefined),
      ArrowLeft: () => shift(-0.2),
      ArrowRight: () => shift(0.2),
    }[event.key];
    if (by === undefined && !deed) return;
    event.preventDefault();
    if (deed) return deed();
    const at = Number(document.activeElement?.closest("[data-index]")?.getAttribute("data-index") ?? -1);
    const next = Math.max(0, Math.min(amount - 1, at + (by ?? 0)));
    virtualizer.scrollToIndex(next);
    wanted.current = next;
    focusWanted();
  };
  // The row that is walked to may come onto the page only with the next scroll.
  const focusWanted = () => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"] button`);
    if (!row) return;
    wanted.current = undefined;
    row.focus();
  };
  useLayoutEffect(focusWanted);

  const toPx = (atMs: number) => ((atMs - span.fromMs) / (span.toMs - span.fromMs)) * width;
  const marks = ticks(span, whole.fromMs, width);
  return (
    <div>
      <div className="flex items-stretch border-b border-line text-xs text-faint">
        <div className="flex w-28 shrink-0 items-center gap-0.5 border-r border-line px-1.5 sm:w-52">
          <IconButton icon="minus" label="Show more time" onClick={() => zoom(1 / 1.5)} />
          <IconButton icon="plus" label="Show less time" onClick={() => zoom(1.5)} />
          <IconButton icon="fit" label="Show all of it" onClick={() => setChosen(undefined)} />
        </div>
        <div ref={axis} className="relative h-10 min-w-0 flex-1 overflow-hidden" aria-hidden="true">
          {marks.map((atMs) => (
            <span
              key={atMs}
              className="tabular absolute bottom-1 border-l border-line-strong pl-1 whitespace-nowrap"
              style={{ left: toPx(atMs) }}
            >
              {atMs === whole.fromMs ? "start" : `+${duration(atMs - whole.fromMs)}`}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={scroller}
        role="region"
        aria-label={`${label}. ${amount} rows. Up and down walk them, left and right move in time, plus and minus zoom.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="scroll-quiet relative touch-pan-y overflow-x-hidden overflow-y-auto -outline-offset-2"
        style={{ maxHeight: height }}
      >
        <ul aria-label={label} className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            const lane = lanes[item.index];
            const place = { top: item.start, height: rowHeight };
            if (byLane)
              return (
                <li
                  key={item.key}
                  data-index={item.index}
                  aria-label={`Place ${item.index + 1}: ${lane?.length ?? 0} steps one after the other`}
                  className="absolute inset-x-0 flex border-b border-line"
                  style={place}
                >
                  <span className="flex w-28 shrink-0 items-center border-r border-line px-3 text-xs text-faint sm:w-52">
                    place {item.index + 1}
                  </span>
                  <span className="relative min-w-0 flex-1 overflow-hidden">
                    <LaneBars
                      bars={lane ?? []}
                      toPx={toPx}
                      width={width}
                      selected={selected}
                      onSelect={onSelect}
                    />
                  </span>
                </li>
              );
            if (!row) return null;
            const look = lookOf(row.state);
            return (
              <li
                key={row.id}
                data-index={item.index}
                aria-setsize={amount}
                aria-posinset={item.index + 1}
                className={`absolute inset-x-0 flex border-b border-line ${row.id === selected ? "bg-accent-wash" : "hover:bg-hover"}`}
                style={place}
              >
                <button
                  type="button"
                  data-row-link=""
                  aria-pressed={row.id === selected}
                  aria-label={sentence(row, nowMs)}
                  onClick={() => onSelect(row.id)}
                  className="flex w-28 shrink-0 items-center gap-1.5 border-r border-line px-3 text-left text-xs -outline-offset-2 sm:w-52"
                >
                  <Icon
                    name={look.icon}
                    size={12}
                    strokeWidth={2}
                    className={`shrink-0 ${toneClasses[look.tone].ink} ${look.icon === "spinner" ? "turning" : ""}`}
                  />
                  <span className={`truncate ${row.isCritical ? "font-semibold" : ""}`} title={row.label}>
                    {row.label}
                  </span>
                </button>
                <span
                  aria-hidden="true"
                  className="relative min-w-0 flex-1 cursor-pointer overflow-hidden"
                  onClick={() => onSelect(row.id)}
                >
                  <GanttBars row={row} toPx={toPx} width={width} nowMs={nowMs} />
                </span>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

export interface GanttProps {
  label: string;
  rows: readonly GanttRow[];
  /** From the beginning of all to its end. */
  whole: Span;
  nowMs: number;
  /** A lane for each that ran at once, instead of a row for each thing. */
  byLane: boolean;
  selected: string | undefined;
  onSelect: (id: string) => void;
  height?: number;
}

export interface GanttRow {
  id: string;
  label: string;
  state: string;
  readyMs: number | null;
  startMs: number | null;
  endMs: number | null;
  /** Why it waits or waited, or where it was taken from. */
  reason: string;
  isCritical: boolean;
}

/** A bar of a lane. */
export interface LaneBar {
  id: string;
  label: string;
  state: string;
  startMs: number;
  endMs: number;
}

function ran(row: GanttRow, nowMs: number): LaneBar[] {
  if (row.startMs === null || row.state === "cached") return [];
  return [{ ...row, startMs: row.startMs, endMs: row.endMs ?? nowMs }];
}

function sentence(row: GanttRow, nowMs: number): string {
  const until = row.startMs ?? (row.state === "waiting" ? nowMs : null);
  const waited = row.readyMs !== null && until !== null ? until - row.readyMs : 0;
  return [
    row.label,
    lookOf(row.state).word,
    waited > 0 ? `waited ${duration(waited)}` : "",
    row.startMs !== null && row.state !== "cached"
      ? `ran ${duration((row.endMs ?? nowMs) - row.startMs)}`
      : "",
    row.isCritical ? "on the critical path" : "",
    row.state === "waiting" ? row.reason : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** Dragging moves in time, Ctrl and the wheel zoom, Shift and the wheel move. */
function usePointerTime(
  scroller: React.RefObject<HTMLElement | null>,
  axis: React.RefObject<HTMLElement | null>,
  span: Span,
  whole: Span,
  set: (span: Span) => void,
): void {
  const now = useRef({ span, whole, set });
  now.current = { span, whole, set };
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const box = () => axis.current?.getBoundingClientRect() ?? element.getBoundingClientRect();
    const onWheel = (event: WheelEvent) => {
      const { span: seen, whole: all, set: change } = now.current;
      const isZoom = event.ctrlKey || event.metaKey;
      const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
      if (!isZoom && Math.abs(sideways) < Math.abs(event.shiftKey ? 0 : event.deltaY) + 1) return;
      event.preventDefault();
      const { left, width } = box();
      const perPx = (seen.toMs - seen.fromMs) / Math.max(1, width);
      const atMs = seen.fromMs + (event.clientX - left) * perPx;
      change(
        isZoom
          ? zoomSpan(seen, Math.exp(-event.deltaY / 240), atMs, all)
          : shiftSpan(seen, sideways * perPx, all),
      );
    };
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0 || event.clientX < box().left) return;
      let last = event.clientX;
      const onMove = (moved: PointerEvent) => {
        const { span: seen, whole: all, set: change } = now.current;
        const perPx = (seen.toMs - seen.fromMs) / Math.max(1, box().width);
        change(shiftSpan(seen, (last - moved.clientX) * perPx, all));
        last = moved.clientX;
      };
      const end = () => {
        removeEventListener("pointermove", onMove);
        removeEventListener("pointerup", end);
        removeEventListener("pointercancel", end);
      };
      addEventListener("pointermove", onMove);
      addEventListener("pointerup", end);
      addEventListener("pointercancel", end);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    element.addEventListener("pointerdown", onDown);
    return () => {
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("pointerdown", onDown);
    };
  }, [scroller, axis]);
}

import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import { duration } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import type { TraceSpan } from "../../data/traces.ts";
import { visibleSpans, extent } from "./tree.ts";

/**
 * The spans as a tree beside their stretches of time. One span is chosen: up and down go on to the
 * next, left and right close and open its children, Home and End go to the ends. What is drawn is also
 * said: each item names its length, and the table of the next tab holds the same.
 */
export function Waterfall({
  spans,
  chosen,
  onChoose,
}: {
  spans: readonly TraceSpan[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => visibleSpans(spans, closed), [spans, closed]);
  const totalMs = useMemo(() => extent(spans), [spans]);
  const at = Math.max(
    0,
    shown.findIndex((span) => span.id === chosen),
  );

  const choose = (index: number): void => {
    const span = shown[Math.min(Math.max(index, 0), shown.length - 1)];
    if (span === undefined) return;
    onChoose(span.id);
    list.current?.querySelector<HTMLElement>(`[data-span="${span.id}"]`)?.focus();
  };
  const setOpen = (id: string, isOpen: boolean): void => {
    const next = new Set(closed);
    if (isOpen) next.delete(id);
    else next.add(id);
    setClosed(next);
  };
  const walk = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const span = shown[at];
    if (span === undefined) return;
    const moves: Record<string, () => void> = {
      ArrowDown: () => choose(at + 1),
      j: () => choose(at + 1),
      ArrowUp: () => choose(at - 1),
      k: () => choose(at - 1),
      Home: () => choose(0),
      End: () => choose(shown.length - 1),
      ArrowLeft: () => {
        if (span.children > 0 && !closed.has(span.id)) setOpen(span.id, false);
        else choose(shown.findIndex((one) => one.id === span.parentId));
      },
      ArrowRight: () => {
        if (closed.has(span.id)) setOpen(span.id, true);
        else if (span.children > 0) choose(at + 1);
      },
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <ul
      ref={list}
      role="tree"
      aria-label="Spans"
      className="scroll-quiet max-h-[640px] overflow-auto pb-2"
      onKeyDown={walk}
    >
      {shown.map((span, index) => (
        <li
          key={span.id}
          role="treeitem"
          data-span={span.id}
          aria-level={span.depth + 1}
          aria-selected={index === at}
          aria-expanded={span.children > 0 ? !closed.has(span.id) : undefined}
          tabIndex={index === at ? 0 : -1}
          onClick={() => onChoose(span.id)}
          className={`grid h-9 cursor-pointer grid-cols-[minmax(0,3fr)_minmax(0,2fr)_3.75rem] items-center gap-3 px-3 sm:grid-cols-[minmax(0,5fr)_minmax(0,6fr)_4.5rem] sm:px-5 text-sm -outline-offset-2 ${index === at ? "bg-accent-wash" : "hover:bg-hover"}`}
        >
          <span
            className="flex min-w-0 items-center gap-1"
            style={{ paddingLeft: Math.min(span.depth, 12) * 14 }}
          >
            <span
              aria-hidden="true"
              className="flex size-5 shrink-0 items-center justify-center text-faint"
              onClick={(event) => {
                if (span.children === 0) return;
                event.stopPropagation();
                setOpen(span.id, closed.has(span.id));
              }}
            >
              {span.children > 0 && <Icon name={closed.has(span.id) ? "right" : "down"} size={12} />}
            </span>
            {span.status === "ERROR" && (
              <span className="shrink-0 text-bad">
                <Icon name="cross" size={12} strokeWidth={2} label="failed" />
              </span>
            )}
            <span className="truncate">{span.name}</span>
            {span.type !== null && (
              <span className="hidden shrink-0 text-2xs text-faint sm:inline">{span.type}</span>
            )}
          </span>
          <span aria-hidden="true" className="relative h-3 rounded-sm bg-sunken">
            <span className={`absolute inset-y-0 rounded-sm ${fill(span)}`} style={place(span, totalMs)} />
          </span>
          <span className="tabular text-right text-xs text-faint">{duration(span.durationMs)}</span>
        </li>
      ))}
    </ul>
  );
}

function fill(span: TraceSpan): string {
  if (span.status === "ERROR") return "bg-bad";
  return span.durationMs === null ? "bg-busy" : "bg-accent";
}

/** A span of no length still has to be seen. */
function place(span: TraceSpan, totalMs: number): { left: string; width: string; minWidth: number } {
  const left = Math.min((span.offsetMs / totalMs) * 100, 99.5);
  const width = (((span.durationMs ?? totalMs - span.offsetMs) / totalMs) * 100).toFixed(3);
  return { left: `${left.toFixed(3)}%`, width: `${width}%`, minWidth: 2 };
}

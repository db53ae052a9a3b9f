import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { Icon } from "./icons.tsx";
import { lookOf, toneClasses } from "./states.ts";
import { useSize } from "./use-size.ts";

const cellHeight = 32;
const cellWidth = 132;

/**
 * Many things of one kind and how each stands, as cells side by side; ten thousand are no more on the page
 * than are in sight. Arrow keys go from cell to cell, Enter opens one.
 */
export function CellGrid({ label, cells, onOpen, height = 420 }: CellGridProps) {
  const [scroller, size] = useSize<HTMLDivElement>();
  const [at, setAt] = useState(0);
  const wanted = useRef<number>(undefined);
  const columns = Math.max(1, Math.floor(size.width / cellWidth));
  const virtualizer = useVirtualizer({
    count: Math.ceil(cells.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => cellHeight,
    overscan: 6,
  });
  const go = (event: KeyboardEvent) => {
    const by = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      Home: -at,
      End: cells.length,
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(cells.length - 1, at + by));
    setAt(next);
    wanted.current = next;
    virtualizer.scrollToIndex(Math.floor(next / columns));
  };
  // The cell that is walked to may come onto the page only now, or with the next scroll.
  useLayoutEffect(() => {
    const cell = scroller.current?.querySelector<HTMLElement>(`[data-cell="${wanted.current}"]`);
    if (!cell) return;
    wanted.current = undefined;
    cell.focus();
  });
  return (
    <div
      ref={scroller}
      role="group"
      aria-label={`${label}. ${cells.length} of them; the arrow keys go from one to another.`}
      onKeyDown={go}
      className="scroll-quiet overflow-y-auto p-2"
      style={{ maxHeight: height }}
    >
      <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => (
          <div
            key={row.key}
            className="absolute inset-x-0 grid gap-1 pb-1"
            style={{
              top: row.start,
              height: cellHeight,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {cells.slice(row.index * columns, (row.index + 1) * columns).map((cell, column) => {
              const index = row.index * columns + column;
              const look = lookOf(cell.state);
              const classes = toneClasses[look.tone];
              return (
                <button
                  key={cell.id}
                  type="button"
                  data-cell={index}
                  tabIndex={index === at ? 0 : -1}
                  onFocus={() => setAt(index)}
                  onClick={() => onOpen(cell.id)}
                  title={`${cell.label}: ${look.word}${cell.detail ? `, ${cell.detail}` : ""}`}
                  className={`flex min-w-0 items-center gap-1.5 rounded-md border px-2 text-left text-xs ${classes.line} ${classes.wash} ${classes.ink}`}
                >
                  <Icon
                    name={look.icon}
                    size={12}
                    strokeWidth={2}
                    label={look.word}
                    className={`shrink-0 ${look.icon === "spinner" ? "turning" : ""}`}
                  />
                  <span className="tabular truncate">{cell.label}</span>
                </button>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

export interface CellGridProps {
  label: string;
  cells: readonly Cell[];
  onOpen: (id: string) => void;
  height?: number;
}

export interface Cell {
  id: string;
  label: string;
  state: string;
  detail?: string | undefined;
}

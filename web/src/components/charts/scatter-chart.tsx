import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import { number } from "../format.ts";
import { useSize } from "../use-size.ts";
import { makeAxis, positionOn, type AxisValue, type ParallelAxis } from "./parallel-lines.ts";

/** One point a run. Arrow keys walk the points from left to right and tell each; Enter opens the run. */
export function ScatterChart({ x, y, items, height = 320, onOpen }: ScatterChartProps) {
  const [frame, { width }] = useSize<HTMLDivElement>();
  const [at, setAt] = useState<number>();
  const announcer = useRef<HTMLParagraphElement>(null);
  const xAxis = useMemo(
    () =>
      makeAxis(
        "x",
        x,
        items.map((item) => item.x),
      ),
    [x, items],
  );
  const yAxis = useMemo(
    () =>
      makeAxis(
        "y",
        y,
        items.map((item) => item.y),
      ),
    [y, items],
  );
  const points = useMemo(
    () =>
      items
        .flatMap((item) => {
          const [left, up] = [positionOn(xAxis, item.x), positionOn(yAxis, item.y)];
          return left === undefined || up === undefined ? [] : [{ ...item, left, up }];
        })
        .sort((a, b) => a.left - b.left || a.up - b.up),
    [items, xAxis, yAxis],
  );
  const px = (position: number) => leftRoom + position * Math.max(10, width - leftRoom - rightRoom);
  const py = (position: number) => topRoom + (1 - position) * (height - topRoom - bottomRoom);
  const chosen = at === undefined ? undefined : points[at];

  const onKeyDown = (event: KeyboardEvent) => {
    const last = points.length - 1;
    const next = {
      ArrowRight: (at ?? -1) + 1,
      ArrowLeft: (at ?? last + 1) - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Enter" && chosen) onOpen?.(chosen.key);
    else if (next === undefined || last < 0) return;
    else {
      const to = Math.min(last, Math.max(0, next));
      const point = points[to];
      setAt(to);
      if (point && announcer.current) announcer.current.textContent = tell(point, x, y);
    }
    event.preventDefault();
  };

  return (
    <figure className="min-w-0">
      <div
        ref={frame}
        role="group"
        tabIndex={0}
        aria-label={`Chart: ${y} over ${x}, ${points.length} runs. Arrow keys walk them, Enter opens one.`}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(undefined)}
        className="relative rounded-md outline-offset-4"
        style={{ height }}
      >
        <svg width={Math.max(0, width)} height={height} aria-hidden="true" className="block">
          {marks(yAxis).map(([position, text]) => (
            <g key={`y${position}`}>
              <line
                x1={leftRoom}
                x2={width - rightRoom}
                y1={py(position)}
                y2={py(position)}
                className="stroke-line"
              />
              <text x={leftRoom - 8} y={py(position) + 4} textAnchor="end" className="fill-faint text-2xs">
                {text.slice(0, 9)}
              </text>
            </g>
          ))}
          {marks(xAxis).map(([position, text]) => (
            <text
              key={`x${position}`}
              x={px(position)}
              y={height - bottomRoom + 16}
              textAnchor={position === 0 ? "start" : position === 1 ? "end" : "middle"}
              className="fill-faint text-2xs"
            >
              {text.slice(0, 14)}
            </text>
          ))}
          {points.map((point, index) => (
            <circle
              key={point.key}
              cx={px(point.left)}
              cy={py(point.up)}
              r={index === at ? 7 : 4.5}
              onPointerEnter={() => setAt(index)}
              onPointerLeave={() => setAt(undefined)}
              onClick={() => onOpen?.(point.key)}
              className={`cursor-pointer fill-series-1 stroke-panel ${index === at ? "" : "opacity-75"}`}
            />
          ))}
        </svg>
        {chosen && (
          <div
            className="tabular pointer-events-none absolute top-1 right-1 max-w-[80%] truncate rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-float"
            aria-hidden="true"
          >
            {tell(chosen, x, y)}
          </div>
        )}
      </div>
      {points.length < items.length && (
        <p className="mt-1 text-xs text-faint">
          {number(items.length - points.length)} runs have no value for one of the two.
        </p>
      )}
      <p ref={announcer} aria-live="polite" className="sr-only" />
    </figure>
  );
}

export interface ScatterChartProps {
  /** The names of the two axes. */
  x: string;
  y: string;
  items: readonly { key: string; label: string; x: AxisValue; y: AxisValue }[];
  height?: number;
  onOpen?: (key: string) => void;
}

const leftRoom = 72;
const rightRoom = 16;
const topRoom = 14;
const bottomRoom = 28;

function tell(point: { label: string; x: AxisValue; y: AxisValue }, x: string, y: string): string {
  return `${point.label}; ${x} ${say(point.x)}; ${y} ${say(point.y)}`;
}

function say(value: AxisValue): string {
  return typeof value === "number" ? number(value) : String(value);
}

function marks(axis: ParallelAxis): [number, string][] {
  if (!axis.isNumeric) {
    const every = Math.ceil(axis.names.length / 8);
    return axis.names
      .filter((_, index) => index % every === 0)
      .map((name) => [positionOn(axis, name) ?? 0.5, name]);
  }
  if (axis.low === axis.high) return [[0.5, number(axis.low)]];
  return [0, 0.25, 0.5, 0.75, 1].map((position) => [
    position,
    number(axis.low + position * (axis.high - axis.low)),
  ]);
}

import { useId, useMemo, useState } from "react";
import { number } from "../format.ts";
import { useSize } from "../use-size.ts";
import { isWithin, makeAxis, positionOn, type AxisValue, type ParallelAxis } from "./parallel-lines.ts";

/**
 * Parallel coordinates: one line a run across all axes, coloured by the last one. Each axis is narrowed with
 * two sliders, so that the keyboard does what a brush would. Which runs remain is told in words.
 */
export function ParallelChart({ axes: wanted, items, height = 300, onOpen }: ParallelChartProps) {
  const [frame, { width }] = useSize<HTMLDivElement>();
  const [ranges, setRanges] = useState<Readonly<Record<string, readonly [number, number]>>>({});
  const [near, setNear] = useState<string>();
  const hint = useId();
  const axes = useMemo(
    () =>
      wanted.map(({ id, label }, at) =>
        makeAxis(
          id,
          label,
          items.map((item) => item.values[at] ?? null),
        ),
      ),
    [wanted, items],
  );
  const step = Math.max(110, (Math.max(width, 300) - 2 * inset) / Math.max(1, axes.length - 1));
  const whole = Math.max(width, inset * 2 + step * (axes.length - 1));
  const x = (at: number) => inset + at * step;
  const y = (position: number) => top + (1 - position) * (height - top - bottom);
  const remaining = items.filter((item) =>
    axes.every((axis, at) => isWithin(axis, item.values[at] ?? null, ranges[axis.id])),
  );
  const kept = new Set(remaining.map((item) => item.key));
  const last = axes.at(-1);

  return (
    <figure className="min-w-0">
      <div
        ref={frame}
        role="region"
        aria-label="Parallel coordinates"
        aria-describedby={hint}
        tabIndex={0}
        className="scroll-quiet overflow-x-auto overflow-y-hidden -outline-offset-2"
      >
        <svg
          width={whole}
          height={height}
          role="img"
          aria-label={`${items.length} runs across ${axes.length} axes`}
        >
          {items.map((item) => {
            const path = linePath(axes, item.values, x, y);
            const isKept = kept.has(item.key);
            const place = last && positionOn(last, item.values.at(-1) ?? null);
            return (
              <path
                key={item.key}
                d={path}
                fill="none"
                strokeWidth={item.key === near ? 3 : 1.25}
                opacity={isKept ? (item.key === near ? 1 : items.length > 200 ? 0.4 : 0.75) : 0.06}
                style={{ stroke: colourAt(place) }}
                onPointerEnter={() => setNear(item.key)}
                onPointerLeave={() => setNear(undefined)}
                onClick={() => onOpen?.(item.key)}
                className={onOpen ? "cursor-pointer" : undefined}
              >
                <title>{item.label}</title>
              </path>
            );
          })}
          {axes.map((axis, at) => (
            <g key={axis.id}>
              <line x1={x(at)} x2={x(at)} y1={y(1)} y2={y(0)} className="stroke-line-strong" />
              <text x={x(at)} y={14} textAnchor="middle" className="fill-ink text-xs font-medium">
                {short(axis.label, step / 8)}
                <title>{axis.label}</title>
              </text>
              {ends(axis).map(([position, text]) => (
                <text
                  key={text}
                  x={x(at)}
                  y={position === 1 ? y(1) - 6 : y(position) + (position === 0 ? 14 : 4)}
                  textAnchor="middle"
                  className="fill-faint text-2xs"
                >
                  {short(text, step / 7)}
                </text>
              ))}
            </g>
          ))}
        </svg>
      </div>
      <p id={hint} role="status" className="mt-1 text-sm text-faint">
        {remaining.length === items.length
          ? `All ${number(items.length)} runs.`
          : `${number(remaining.length)} of ${number(items.length)} runs are within the ranges.`}
      </p>
      <details className="mt-2">
        <summary className="w-fit cursor-pointer rounded text-sm text-accent">Narrow the axes</summary>
        <div className="mt-2 grid gap-x-6 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
          {axes.map((axis) => (
            <AxisRange
              key={axis.id}
              axis={axis}
              range={ranges[axis.id] ?? [0, 1]}
              onChange={(range) => setRanges({ ...ranges, [axis.id]: range })}
            />
          ))}
        </div>
      </details>
    </figure>
  );
}

export interface ParallelChartProps {
  axes: readonly { id: string; label: string }[];
  /** `values` stand in the order of the axes. */
  items: readonly { key: string; label: string; values: readonly AxisValue[] }[];
  height?: number;
  onOpen?: (key: string) => void;
}

const inset = 56;
const top = 40;
const bottom = 22;

function linePath(
  axes: readonly ParallelAxis[],
  values: readonly AxisValue[],
  x: (at: number) => number,
  y: (position: number) => number,
): string {
  let pen = "M";
  let path = "";
  for (const [at, axis] of axes.entries()) {
    const position = positionOn(axis, values[at] ?? null);
    if (position === undefined) {
      pen = "M";
      continue;
    }
    path += `${pen}${x(at).toFixed(1)} ${y(position).toFixed(1)}`;
    pen = "L";
  }
  return path;
}

/** From the second colour at the bottom to the first at the top. */
function colourAt(position: number | undefined): string {
  if (position === undefined) return "var(--ink-faint)";
  return `color-mix(in oklab, var(--series-1) ${Math.round(position * 100)}%, var(--series-2))`;
}

function ends(axis: ParallelAxis): [number, string][] {
  if (axis.isNumeric)
    return axis.low === axis.high
      ? [[0.5, number(axis.low)]]
      : [
          [0, number(axis.low)],
          [1, number(axis.high)],
        ];
  const { names } = axis;
  if (names.length > 12)
    return [
      [0, names[0] ?? ""],
      [1, names.at(-1) ?? ""],
    ];
  return names.map((name) => [positionOn(axis, name) ?? 0.5, name]);
}

function short(text: string, letters: number): string {
  const most = Math.max(6, Math.floor(letters));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function AxisRange({
  axis,
  range,
  onChange,
}: {
  axis: ParallelAxis;
  range: readonly [number, number];
  onChange: (range: readonly [number, number]) => void;
}) {
  const [from, to] = range;
  const word = (position: number): string =>
    axis.isNumeric
      ? number(axis.low + position * (axis.high - axis.low))
      : (axis.names[Math.round(position * (axis.names.length - 1))] ?? "");
  const slider = (label: string, value: number, set: (value: number) => void) => (
    <input
      type="range"
      min={0}
      max={1}
      step={axis.isNumeric ? 0.01 : 1 / Math.max(1, axis.names.length - 1)}
      value={value}
      aria-label={`${label} of ${axis.label}`}
      aria-valuetext={word(value)}
      onChange={(event) => set(Number(event.target.value))}
      className="w-full"
    />
  );
  return (
    <fieldset className="min-w-0">
      <legend className="flex w-full justify-between gap-3 text-xs">
        <span className="truncate font-medium">{axis.label}</span>
        <span className="tabular text-faint">
          {word(from)} to {word(to)}
        </span>
      </legend>
      <div className="flex gap-2">
        {slider("Least", from, (value) => onChange([Math.min(value, to), to]))}
        {slider("Most", to, (value) => onChange([from, Math.max(value, from)]))}
      </div>
    </fieldset>
  );
}

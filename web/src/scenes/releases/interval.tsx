import { number } from "../../components/format.ts";

/** A measured value on a line: its interval as a bar, the bound it is held against as a tick. */
export function Interval({
  value,
  interval,
  bound,
  baseline,
  label,
  compact = false,
  range,
  boundName = "bound",
}: IntervalProps) {
  if (value === null) return <span className="text-sm text-faint">not measured</span>;
  const known = [
    value,
    ...(interval ?? []),
    ...(bound === null ? [] : [bound]),
    ...(baseline === null ? [] : [baseline]),
  ];
  const low = range?.[0] ?? Math.min(...known);
  const high = range?.[1] ?? Math.max(...known);
  const room = range ? 0 : (high - low || Math.abs(high) || 1) * 0.15;
  const at = (x: number) => `${((x - low + room) / (high - low + 2 * room)) * 100}%`;
  const text = [
    `${label} ${number(value)}`,
    interval && `between ${number(interval[0])} and ${number(interval[1])}`,
    bound !== null && `${boundName} ${number(bound)}`,
    baseline !== null && `baseline ${number(baseline)}`,
  ];
  return (
    <div>
      <svg
        role="img"
        aria-label={text.filter(Boolean).join(", ")}
        width="100%"
        height={compact ? 14 : 20}
        className="block overflow-visible"
      >
        <line x1="0" x2="100%" y1="50%" y2="50%" strokeWidth="1" className="stroke-line-strong" />
        {interval && (
          <line
            x1={at(interval[0])}
            x2={at(interval[1])}
            y1="50%"
            y2="50%"
            strokeWidth="6"
            strokeLinecap="round"
            className="stroke-accent-line"
          />
        )}
        {baseline !== null && (
          <rect
            x={at(baseline)}
            y="50%"
            width="8"
            height="8"
            transform="translate(-4 -4)"
            className="fill-panel stroke-control"
          />
        )}
        {bound !== null && (
          <line x1={at(bound)} x2={at(bound)} y1="0" y2="100%" strokeWidth="2" className="stroke-bad" />
        )}
        <circle cx={at(value)} cy="50%" r={compact ? 3.5 : 4.5} className="fill-accent" />
      </svg>
      {!compact && (
        <p className="tabular mt-1 flex flex-wrap justify-between gap-x-3 text-xs text-faint">
          <span className="font-medium text-ink">
            {number(value)}
            {interval && (
              <span className="font-normal text-faint">
                {" "}
                ({number(interval[0])} to {number(interval[1])})
              </span>
            )}
          </span>
          <span>
            {baseline !== null && <>baseline {number(baseline)} · </>}
            {bound !== null && (
              <>
                {boundName} {number(bound)}
              </>
            )}
          </span>
        </p>
      )}
    </div>
  );
}

interface IntervalProps {
  value: number | null;
  interval: readonly [number, number] | null;
  bound: number | null;
  baseline: number | null;
  label: string;
  compact?: boolean;
  /** What it is held against. */
  boundName?: string;
  /** Fixed ends of the line; by default they follow the values. */
  range?: readonly [number, number];
}

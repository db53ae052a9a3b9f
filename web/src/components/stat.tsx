import type { ReactNode } from "react";
import { number } from "./format.ts";
import { Icon } from "./icons.tsx";
import { lookOf, toneClasses } from "./states.ts";

/**
 * One number with what is needed to believe it: its interval, the count behind it, what it should be.
 * `format` writes value and interval alike.
 */
export function Stat({ label, value, interval, n, unit, bound, state, format = number, note }: StatProps) {
  const look = state ? lookOf(state) : undefined;
  return (
    <div className="min-w-0">
      <p className="flex items-center gap-1.5 text-sm text-faint">
        {look && (
          <span className={toneClasses[look.tone].ink}>
            <Icon name={look.icon} size={14} label={look.word} />
          </span>
        )}
        {label}
      </p>
      <p className="tabular mt-0.5 text-xl font-semibold tracking-tight">
        {typeof value === "number" || value === null ? format(value) : value}
        {unit && <span className="ml-1 text-sm font-normal text-faint">{unit}</span>}
      </p>
      <p className="tabular text-xs text-faint">
        {interval && (
          <span title="95 % interval">
            {format(interval[0])} to {format(interval[1])}
          </span>
        )}
        {interval && n !== undefined && " · "}
        {n !== undefined && n !== null && <>n = {number(n)}</>}
        {bound !== undefined && (
          <>
            {(interval || n !== undefined) && " · "}
            {bound}
          </>
        )}
        {note}
      </p>
    </div>
  );
}

export interface StatProps {
  label: ReactNode;
  /** A number is written by `format`; anything else stands as it is. */
  value: ReactNode;
  interval?: readonly [number, number] | null;
  n?: number | null;
  unit?: string;
  /** What it is held against, in words: "at most 50 ms". */
  bound?: ReactNode;
  state?: string;
  format?: (value: number | null) => string;
  note?: ReactNode;
}

/** Stats side by side, wrapping as the width allows. */
export function StatRow({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 gap-x-8 gap-y-5 sm:grid-cols-[repeat(auto-fit,minmax(9rem,1fr))]">
      {children}
    </div>
  );
}

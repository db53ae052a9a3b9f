import type { ReactNode } from "react";
import { number } from "../format.ts";

/** Named amounts, largest first as given; the bar is length, the number is written. */
export function BarList({ label, items, format = number, tone = "series-1" }: BarListProps) {
  const top = Math.max(...items.map((item) => Math.abs(item.value)), 1e-12);
  return (
    <ul aria-label={label} className="space-y-1.5 text-sm">
      {items.map((item) => (
        <li key={item.name} className="grid grid-cols-[minmax(5rem,1fr)_2fr_auto] items-center gap-3">
          <span className="min-w-0 truncate" title={item.name}>
            {item.label ?? item.name}
          </span>
          <span aria-hidden="true" className="meter h-2 overflow-hidden rounded-full bg-idle-wash">
            <span
              className="block h-full rounded-full opacity-80"
              style={{ width: `${(Math.abs(item.value) / top) * 100}%`, background: `var(--${tone})` }}
            />
          </span>
          <span className="tabular text-right text-faint">
            {format(item.value)}
            {item.note && <> · {item.note}</>}
          </span>
        </li>
      ))}
    </ul>
  );
}

export interface BarListProps {
  label: string;
  items: readonly { name: string; label?: ReactNode; value: number; note?: ReactNode }[];
  format?: (value: number) => string;
  tone?: `series-${number}` | "bad" | "good" | "warn";
}

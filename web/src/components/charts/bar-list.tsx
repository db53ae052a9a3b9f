import type { ReactNode } from "react";
import { number } from "../format.ts";

/** Named amounts, largest first as given; the bar is length, the number is written. */
export function BarList({ label, items, format = number, tone = "series-1" }: BarListProps) {
  const top = Math.max(...items.map((item) => Math.abs(item.value)), 1e-12);
  return (
    <ul
      aria-label={label}
      className="grid grid-cols-[minmax(5rem,auto)_minmax(4rem,1fr)_auto] gap-x-3 gap-y-1.5 text-sm"
    >
      {items.map((item) => (
        <li key={item.name} className="col-span-3 grid grid-cols-subgrid items-center">
          <span className="max-w-44 min-w-0 truncate" title={item.name}>
            {item.label ?? item.name}
          </span>
          <span aria-hidden="true" className="meter h-2 overflow-hidden rounded-full bg-idle-wash">
            <span
              className="block h-full rounded-full opacity-80"
              style={{ width: `${(Math.abs(item.value) / top) * 100}%`, background: `var(--${tone})` }}
            />
          </span>
          <span className="tabular text-right text-faint">{format(item.value)}</span>
          {item.note && <span className="col-span-3 -mt-0.5 text-xs text-faint">{item.note}</span>}
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

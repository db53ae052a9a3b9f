import { Fragment, type ReactNode } from "react";

/** Facts about one thing: names left, values right; on a narrow screen one above the other. */
export function KeyValueList({ items, columns = 1 }: { items: readonly KeyValue[]; columns?: 1 | 2 }) {
  return (
    <dl
      className={`grid grid-cols-1 gap-x-6 gap-y-0.5 text-sm sm:grid-cols-[minmax(8rem,auto)_1fr] ${columns === 2 ? "xl:grid-cols-[minmax(8rem,auto)_1fr_minmax(8rem,auto)_1fr]" : ""}`}
    >
      {items
        .filter((item) => item.value !== undefined)
        .map((item) => (
          <Fragment key={item.name}>
            <dt className="pt-1.5 text-faint sm:py-1.5">{item.name}</dt>
            <dd className="tabular min-w-0 pb-1.5 break-words sm:py-1.5">{item.value ?? "–"}</dd>
          </Fragment>
        ))}
    </dl>
  );
}

export interface KeyValue {
  name: string;
  /** `undefined` leaves the row out, `null` shows a dash. */
  value: ReactNode;
}

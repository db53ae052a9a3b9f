import { useLayoutEffect, useRef } from "react";
import { PlainLink } from "./link.tsx";

/** Views of one page; the chosen one stands in the URL as `?tab=`, the first is the default. */
export function Tabs<Value extends string>({ label, items, current }: TabsProps<Value>) {
  const row = useRef<HTMLElement>(null);
  // On a narrow screen the chosen one may stand out of sight.
  useLayoutEffect(() => {
    const chosen = row.current?.querySelector<HTMLElement>(`[data-tab="${current}"]`);
    if (row.current && chosen)
      row.current.scrollLeft = chosen.offsetLeft - (row.current.clientWidth - chosen.offsetWidth) / 2;
  }, [current]);
  return (
    <nav
      ref={row}
      aria-label={label}
      className="scroll-quiet relative mb-5 flex gap-1 overflow-x-auto border-b border-line"
    >
      {items.map((item, index) => (
        <PlainLink
          key={item.value}
          data-tab={item.value}
          to="."
          search={(before: Record<string, unknown>) => ({
            ...before,
            tab: index === 0 ? undefined : item.value,
          })}
          replace
          resetScroll={false}
          activeOptions={{ exact: true, explicitUndefined: true }}
          className={`-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 px-3 text-sm whitespace-nowrap -outline-offset-2 ${item.value === current ? "border-accent font-medium text-ink" : "border-transparent text-soft hover:text-ink"}`}
        >
          {item.label}
          {item.count !== undefined && (
            <span className="rounded-full bg-idle-wash px-1.5 text-2xs text-idle tabular-nums">
              {item.count}
            </span>
          )}
        </PlainLink>
      ))}
    </nav>
  );
}

export interface TabsProps<Value extends string> {
  label: string;
  items: readonly { value: Value; label: string; count?: number }[];
  current: Value;
}

import { BarList } from "../../components/charts/bar-list.tsx";
import { Histogram } from "../../components/charts/histogram.tsx";
import { count, day, number, plain, share } from "../../components/format.ts";
import { Badge } from "../../components/state-badge.tsx";
import type { ColumnProfile } from "../../data/datasets.ts";

/** One card a column: type, how much is missing, how the values are spread. */
export function Profile({ columns, rows }: { columns: readonly ColumnProfile[]; rows: number }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
      {columns.map((column) => (
        <li key={column.name} className="flex min-w-0 flex-col rounded-xl border border-line bg-panel p-5">
          <div className="flex items-center justify-between gap-3">
            <h2 className="truncate font-mono text-sm font-semibold">{column.name}</h2>
            <Badge>{column.type}</Badge>
          </div>
          <p className="tabular mt-1 text-xs text-faint">
            {number(column.distinct)} distinct
            {column.missing > 0 && (
              <span className="text-warn"> · {share(column.missing / Math.max(1, rows))} missing</span>
            )}
            {column.type !== "text" && column.min !== undefined && column.min !== null && (
              <>
                {" "}
                · {edge(column, column.min)} to {edge(column, column.max)}
              </>
            )}
          </p>
          <div className="mt-4 flex flex-1 flex-col justify-end">
            <Spread column={column} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Spread({ column }: { column: ColumnProfile }) {
  const isText = column.type === "text";
  if (isText && column.count > 0 && column.distinct === column.count) {
    return <p className="text-sm text-faint">Every value is different.</p>;
  }
  if (column.histogram && column.histogram.counts.length > 0) {
    return (
      <Histogram
        label={column.name}
        edges={column.histogram.edges}
        counts={column.histogram.counts}
        {...(column.type === "time" ? { format: day } : isText ? { format: characters } : {})}
      />
    );
  }
  const top = column.top?.filter((each) => each.count > 1).slice(0, 5) ?? [];
  if (top.length > 0)
    return (
      <BarList
        label={`Most frequent in ${column.name}`}
        items={top.map((each) => ({ name: each.value, value: each.count }))}
      />
    );
  return <p className="text-sm text-faint">Every value is different.</p>;
}

/** The histogram of a text is that of its lengths. */
function characters(length: number | null | undefined): string {
  return count(length, "character");
}

function edge(column: ColumnProfile, value: unknown): string {
  if (column.type !== "time") return plain(value);
  const at = typeof value === "number" ? value : Date.parse(String(value));
  return Number.isNaN(at) ? plain(value) : day(at);
}

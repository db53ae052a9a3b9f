import {
  columnSizingFeature,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type SortingState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import { Icon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import type { TableView } from "./table-view.ts";

const features = tableFeatures({
  columnSizingFeature,
  columnVisibilityFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});

/**
 * A table of any length: only the rows in sight exist. Sort and choice of columns belong to the
 * caller, usually the URL (`useTableView`). Arrow keys or j and k walk the rows, Enter follows the
 * link of the row. Up to twelve rows the table is as high as its content.
 */
export function DataTable<Row extends object>({
  label,
  rows,
  columns,
  rowKey,
  view,
  onView,
  empty,
  maximumHeight = 640,
}: DataTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const sorting = useMemo<SortingState>(() => readSort(view.sort), [view.sort]);
  const columnVisibility = useMemo(() => visibility(columns, view.columns), [columns, view.columns]);
  const definitions = useMemo(() => columns.map((column) => definition(column)), [columns]);
  const data = useMemo(() => [...rows], [rows]);

  const table = useTable({
    features,
    data,
    columns: definitions,
    getRowId: rowKey,
    state: { sorting, columnVisibility },
    onSortingChange: (update) =>
      onView({ sort: writeSort(typeof update === "function" ? update(sorting) : update) }),
    sortDescFirst: false,
  });

  const sorted = table.getRowModel().rows;
  const shown = columns.filter((column) => columnVisibility[column.id] !== false);
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const height = sorted.length > 12 ? maximumHeight : undefined;

  if (rows.length === 0 && empty) return <>{empty}</>;

  return (
    <div
      ref={scroller}
      role="region"
      aria-label={label}
      tabIndex={0}
      className="scroll-quiet relative overflow-auto -outline-offset-2"
      style={{ height, maxHeight: maximumHeight }}
      onKeyDown={(event) => walkRows(event, scroller.current, (index) => virtualizer.scrollToIndex(index))}
    >
      <table className="w-full border-separate border-spacing-0 text-sm" aria-rowcount={sorted.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {shown.map((column) => {
              const sort = sorting.find((each) => each.id === column.id);
              const sortable = column.sortable !== false;
              return (
                <th
                  key={column.id}
                  scope="col"
                  aria-sort={sort ? (sort.desc ? "descending" : "ascending") : undefined}
                  style={{ minWidth: column.width }}
                  className={`sticky top-0 z-10 h-9 border-b border-line bg-panel px-3 text-xs font-medium whitespace-nowrap text-faint first:pl-5 last:pr-5 ${align(column)}`}
                >
                  {sortable ? (
                    <button
                      type="button"
                      title={column.title}
                      onClick={() => table.getColumn(column.id)?.toggleSorting()}
                      className={`-mx-1.5 inline-flex h-6 items-center gap-1 rounded px-1.5 hover:bg-hover hover:text-ink ${sort ? "text-ink" : ""}`}
                    >
                      {column.header}
                      <Icon
                        name={sort ? (sort.desc ? "down" : "up") : "updown"}
                        size={12}
                        className={sort ? "" : "opacity-40"}
                      />
                    </button>
                  ) : (
                    <span title={column.title}>{column.header}</span>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} columns={shown.length} />}
          {items.map((item) => {
            const row = sorted[item.index];
            if (!row) return null;
            return (
              <tr
                key={row.id}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                className="group/row hover:bg-hover has-[a:focus-visible]:bg-hover"
              >
                {shown.map((column) => (
                  <td
                    key={column.id}
                    className={`h-10 max-w-md border-b border-line px-3 group-last/row:border-0 first:pl-5 last:pr-5 ${column.wrap ? "py-2" : "truncate whitespace-nowrap"} ${align(column)}`}
                  >
                    {column.cell ? column.cell(row.original) : (column.value(row.original) ?? "–")}
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && <Spacer height={after} columns={shown.length} />}
        </tbody>
      </table>
    </div>
  );
}

export interface DataTableProps<Row extends object> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  view: TableView;
  onView: (change: Partial<TableView>) => void;
  empty?: ReactNode;
  /** In CSS pixels; longer tables scroll within. */
  maximumHeight?: number;
}

export interface Column<Row> {
  id: string;
  header: string;
  /** What the column is sorted by, and shown when there is no `cell`. */
  value: (row: Row) => string | number | null;
  /** Put a RowLink into the first column's cell: it is what the keyboard walks. */
  cell?: (row: Row) => ReactNode;
  align?: "left" | "right";
  width?: number;
  title?: string;
  sortable?: boolean;
  wrap?: boolean;
  /** Not shown until chosen. */
  hidden?: boolean;
}

/** The menu that chooses columns; for the head of the panel around a table. */
export function ColumnsMenu<Row extends object>({
  columns,
  view,
  onView,
}: Pick<DataTableProps<Row>, "columns" | "view" | "onView">) {
  const visible = visibility(columns, view.columns);
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink"
        >
          <Icon name="columns" />
          Columns
        </button>
      }
      items={columns.slice(1).map((column) => ({
        label: column.header,
        checked: visible[column.id] !== false,
        stay: true,
        perform: () => {
          const next = { ...visible, [column.id]: visible[column.id] === false };
          const chosen = columns.filter((each) => next[each.id] !== false).map((each) => each.id);
          onView({ columns: sameAsDefault(columns, chosen) ? undefined : chosen.join(",") });
        },
      }))}
    />
  );
}

const rowHeight = 41;

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

function definition<Row extends object>(column: Column<Row>): ColumnDef<typeof features, Row> {
  return {
    id: column.id,
    accessorFn: (row: Row) => column.value(row),
    header: column.header,
    enableSorting: column.sortable !== false,
    sortUndefined: "last",
    sortFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
  };
}

/** Numbers by size, everything else by name with numbers inside in order; nothing comes first. */
function compare(a: unknown, b: unknown): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(String(a), String(b));
}

const collator = new Intl.Collator("en", { numeric: true });

function align<Row extends object>(column: Column<Row>): string {
  return column.align === "right" ? "text-right" : "text-left";
}

function visibility<Row extends object>(
  columns: readonly Column<Row>[],
  chosen: string | undefined,
): Record<string, boolean> {
  const list = chosen?.split(",");
  return Object.fromEntries(
    columns.map((column, index) => [
      column.id,
      index === 0 || (list ? list.includes(column.id) : !column.hidden),
    ]),
  );
}

function sameAsDefault<Row extends object>(
  columns: readonly Column<Row>[],
  chosen: readonly string[],
): boolean {
  const usual = columns.filter((column, index) => index === 0 || !column.hidden).map((column) => column.id);
  return usual.join() === chosen.join();
}

function readSort(sort: string | undefined): SortingState {
  if (!sort) return [];
  return [sort.startsWith("-") ? { id: sort.slice(1), desc: true } : { id: sort, desc: false }];
}

function writeSort(sorting: SortingState): string | undefined {
  const [first] = sorting;
  return first && (first.desc ? `-${first.id}` : first.id);
}

function walkRows(event: KeyboardEvent, scroller: HTMLElement | null, show: (index: number) => void): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step || !scroller || event.metaKey || event.ctrlKey || event.altKey) return;
  const current = document.activeElement?.closest("tr[data-index]");
  const index = current ? Number(current.getAttribute("data-index")) + step : 0;
  if (index < 0) return;
  event.preventDefault();
  show(index);
  requestAnimationFrame(() => {
    scroller.querySelector<HTMLElement>(`tr[data-index="${index}"] [data-row-link]`)?.focus();
  });
}

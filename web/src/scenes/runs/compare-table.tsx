import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { Button } from "../../components/button.tsx";
import { downloadCsv } from "../../components/charts/csv.ts";
import { count, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import type { ComparedRow, Comparison, Run } from "../../data/runs.ts";

type Cell = string | number | null;

/** Parameters, metrics and tags, a column a run; only what differs until all is wanted. */
export function CompareTable({ project, compared }: { project: string; compared: Comparison }) {
  const { all } = useSearch({ strict: false });
  const navigate = useNavigate();
  const parts: readonly { title: string; rows: readonly ComparedRow<string | number>[] }[] = [
    { title: "Parameters", rows: compared.params },
    { title: "Metrics", rows: compared.metrics },
    { title: "Tags", rows: compared.tags.filter(({ key }) => !isNoise(key)) },
  ];
  const shown = parts.map(({ title, rows }) => ({
    title,
    rows: all === true ? rows : rows.filter((row) => row.differs),
    equal: rows.filter((row) => !row.differs).length,
  }));
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4"
            checked={all === true}
            onChange={(event) =>
              void navigate({
                to: ".",
                search: (before: Record<string, unknown>) => ({
                  ...before,
                  all: event.target.checked || undefined,
                }),
                replace: true,
                resetScroll: false,
              })
            }
          />
          Also what is the same in all runs
        </label>
        <Button
          icon="download"
          onClick={() =>
            downloadCsv("compared-runs", [
              ["", ...compared.runs.map((run) => run.name)],
              ["run_id", ...compared.runs.map((run) => run.id)],
              ...parts.flatMap(({ rows }) => rows.map((row) => [row.key, ...row.values])),
            ])
          }
        >
          CSV
        </Button>
      </div>
      {shown.map(({ title, rows, equal }) => (
        <Panel
          key={title}
          title={title}
          hint={
            all === true
              ? count(rows.length, "row")
              : `${count(rows.length, "difference")}, ${number(equal)} the same`
          }
          flush
        >
          {rows.length === 0 ? (
            <p className="px-5 pb-4 text-sm text-soft">{equal > 0 ? "All the same." : "None were logged."}</p>
          ) : (
            <Rows project={project} label={title} runs={compared.runs} rows={rows} />
          )}
        </Panel>
      ))}
    </div>
  );
}

/** What MLflow's clients write for themselves and nobody compares. */
function isNoise(key: string): boolean {
  return key.startsWith("mlflow.log-model") || key === "mlflow.runName";
}

const rowHeight = 33;
const cellWidth = 150;
const keyWidth = 200;

/** Of many rows and runs only those in sight exist. */
function Rows({
  project,
  label,
  runs,
  rows,
}: {
  project: string;
  label: string;
  runs: readonly Run[];
  rows: readonly ComparedRow<string | number>[];
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const vertical = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => cellWidth,
    overscan: 3,
  });
  const columns = horizontal.getVirtualItems();
  const items = vertical.getVirtualItems();
  const left = columns[0]?.start ?? 0;
  const right = horizontal.getTotalSize() - (columns.at(-1)?.end ?? 0);
  const top = items[0]?.start ?? 0;
  const bottom = vertical.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={scroller}
      role="region"
      aria-label={`${label} of the compared runs`}
      tabIndex={0}
      className="scroll-quiet max-h-[60vh] overflow-auto border-t border-line -outline-offset-2"
    >
      <table
        className="border-separate border-spacing-0 text-sm"
        style={{ tableLayout: "fixed", width: keyWidth + horizontal.getTotalSize() }}
        aria-rowcount={rows.length + 1}
        aria-colcount={runs.length + 1}
      >
        <colgroup>
          <col style={{ width: keyWidth }} />
          {left > 0 && <col style={{ width: left }} />}
          {columns.map((column) => (
            <col key={column.key} style={{ width: cellWidth }} />
          ))}
          {right > 0 && <col style={{ width: right }} />}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th
              scope="col"
              className="sticky top-0 left-0 z-20 border-r border-b border-line bg-panel px-4 py-2 text-left text-xs font-medium text-faint max-sm:static"
            >
              Name
            </th>
            {left > 0 && <td aria-hidden="true" />}
            {columns.map((column) => {
              const run = runs[column.index];
              return (
                <th
                  key={column.key}
                  scope="col"
                  aria-colindex={column.index + 2}
                  className="sticky top-0 z-10 truncate border-b border-line bg-panel px-3 py-2 text-left text-xs font-medium"
                >
                  {run && (
                    <RowLink
                      to="/projects/$project/runs/$run"
                      params={{ project, run: run.id }}
                      title={run.name}
                    >
                      {run.name || run.id.slice(0, 8)}
                    </RowLink>
                  )}
                </th>
              );
            })}
            {right > 0 && <td aria-hidden="true" />}
          </tr>
        </thead>
        <tbody>
          {top > 0 && <Spacer height={top} />}
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <tr key={row.key} aria-rowindex={item.index + 2} className="group/row hover:bg-hover">
                <th
                  scope="row"
                  title={row.key}
                  className="sticky left-0 z-10 h-[33px] truncate border-r border-b border-line bg-panel px-4 text-left font-normal group-hover/row:bg-hover max-sm:static"
                >
                  {row.key}
                </th>
                {left > 0 && <td aria-hidden="true" />}
                {columns.map((column) => (
                  <ComparedCell
                    key={column.key}
                    value={row.values[column.index] ?? null}
                    isOther={row.values[column.index] !== row.values[0]}
                    index={column.index + 2}
                  />
                ))}
                {right > 0 && <td aria-hidden="true" />}
              </tr>
            );
          })}
          {bottom > 0 && <Spacer height={bottom} />}
        </tbody>
      </table>
    </div>
  );
}

/** Another value than the first run's is set in bold: not by colour alone. */
function ComparedCell({ value, isOther, index }: { value: Cell; isOther: boolean; index: number }) {
  const text = value === null ? "–" : typeof value === "number" ? number(value) : value;
  return (
    <td
      aria-colindex={index}
      title={value === null ? undefined : String(value)}
      className={`tabular h-[33px] truncate border-b border-line px-3 ${isOther ? "font-medium text-ink" : "text-soft"}`}
    >
      {text}
    </td>
  );
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Choice } from "../../components/field.tsx";
import { count } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { ButtonLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { useSize } from "../../components/use-size.ts";
import { runColumnsQuery, type Run, type RunColumn } from "../../data/runs.ts";
import { Answer, ProblemPage, toProblem } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { ChosenBar } from "./chosen-bar.tsx";
import { ColumnsDialog } from "./columns-dialog.tsx";
import { QueryField } from "./query-field.tsx";
import { toColumn, type TableColumn } from "./run-columns.tsx";
import { RunGrid } from "./run-grid.tsx";
import { toFields, toFilter, usualColumns, useTableState, type TableState } from "./table-state.ts";
import { useRunRows, useShapes } from "./use-run-rows.ts";
import { ViewsMenu } from "./views-menu.tsx";

const trackingHint = 'export MLFLOW_TRACKING_URI="$GYRE_URL"\npython train.py';

/** Every tracked run, however many: filtered, grouped, with the columns one chose. */
export function Runs() {
  const { project } = useParams({ from: "/projects/$project/runs" });
  const query = useQuery(runColumnsQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Runs"
        lead="Everything tracked through the MLflow protocol, by the pipeline or by any script."
      />
      <Answer query={query} part skeleton={<Skeleton height={520} />}>
        {({ columns }) => <RunsTable project={project} found={columns} />}
      </Answer>
    </>
  );
}

function RunsTable({ project, found }: { project: string; found: readonly RunColumn[] }) {
  const [table, change] = useTableState();
  const search = `${table.filter} ${table.sort} ${table.group} ${table.state}`;
  const [seen, setSeen] = useState({ ...top, of: search });
  // Another search begins at its top: what was in sight of the last one is not asked for.
  const sight = seen.of === search ? seen : top;
  const setSight = useCallback(
    (next: { from: number; to: number }) => setSeen({ ...next, of: search }),
    [search],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [choosing, setChoosing] = useState(false);
  const [frame, size] = useSize<HTMLDivElement>();

  // What is usual is settled once: a column must not come or go while more runs are counted.
  const [usual] = useState(() => usualColumns(found));
  const shown = table.columns ?? usual;
  const fields = useMemo(() => toFields(shown), [shown]);
  const rows = useRunRows(project, table, fields, sight);
  const columns = useVisible(shown, table, rows.first);
  const inSight = useMemo(() => {
    const runs: Run[] = [];
    for (let at = sight.from; at <= Math.min(sight.to, rows.lines - 1); at++) {
      const each = rows.line(at);
      if (each.kind === "run" && each.run) runs.push(each.run);
    }
    return runs;
  }, [sight, rows]);
  const shapes = useShapes(
    project,
    inSight,
    columns.filter((column) => column.id.startsWith("series.")).map((column) => column.id.slice(7)),
  );
  const choose = useCallback((runs: readonly Run[], isChosen: boolean) => {
    setChosen((before) => {
      const next = new Set(before);
      for (const { id } of runs) {
        if (isChosen) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  }, []);

  const problem = rows.query.error && toProblem(rows.query.error);
  const isFilterWrong = problem?.code === "run_filter_invalid";
  const isEmpty = rows.total === 0 && table.filter === "" && table.state === "active";
  if (isEmpty)
    return (
      <EmptyState icon="runs" title="Nothing tracked yet" command={trackingHint}>
        <p>Run the pipeline, or point any script that uses the mlflow client here.</p>
      </EmptyState>
    );
  return (
    <section
      ref={frame}
      aria-label="Table of runs"
      className="min-w-0 rounded-xl border border-line bg-panel"
    >
      <div className="flex flex-wrap items-start gap-x-2 gap-y-2 px-3 py-2.5">
        <QueryField
          value={table.filter}
          columns={found}
          onApply={(text) => change({ filter: toFilter(text), open: [] })}
          problem={isFilterWrong ? { message: problem.message, position: problem.position } : undefined}
        />
        <div className="flex flex-wrap items-center gap-1">
          <GroupChoice table={table} found={found} onChange={change} />
          <Toggle
            label="Only differences"
            title="Hides columns that are the same in the first 100 of these runs"
            pressed={table.onlyDifferent}
            onPress={() => change({ onlyDifferent: !table.onlyDifferent })}
          />
          <button
            type="button"
            onClick={() => setChoosing(true)}
            className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink"
          >
            <Icon name="columns" />
            Columns
          </button>
          <ViewsMenu project={project} table={table} onChange={change} />
        </div>
      </div>
      <Summary project={project} table={table} rows={rows} onChange={change} />
      {problem ? (
        !isFilterWrong && (
          <ProblemPage problem={problem} again={() => void rows.query.refetch()} page={false} />
        )
      ) : rows.total === undefined ? (
        <Skeleton height={gridHeight()} className="px-3 pb-3" />
      ) : rows.total === 0 ? (
        <EmptyState
          icon="search"
          title={table.state === "deleted" ? "No deleted run fits" : "No run fits the filter"}
        />
      ) : (
        <RunGrid
          key={search}
          project={project}
          columns={columns}
          pinned={size.width < 640 ? [] : table.pinned}
          lines={rows.lines}
          line={rows.line}
          sort={table.sort}
          onSort={(sort) => change({ sort })}
          chosen={chosen}
          onChoose={choose}
          onSight={setSight}
          groupName={table.group.replace(/^\w+\./, "")}
          onToggleGroup={(key) =>
            change({
              open: table.open.includes(key)
                ? table.open.filter((each) => each !== key)
                : [...table.open, key],
            })
          }
          shapes={shapes}
          nameWidth={size.width < 640 ? 150 : 220}
          height={gridHeight()}
        />
      )}
      <ColumnsDialog
        open={choosing}
        onClose={() => setChoosing(false)}
        found={found}
        shown={shown}
        pinned={table.pinned}
        onChange={change}
      />
      <ChosenBar project={project} chosen={chosen} state={table.state} onClear={() => setChosen(new Set())} />
    </section>
  );
}

const top = { from: 0, to: 40 };

/** The chosen columns, without those whose values are all equal when only differences are wanted. */
function useVisible(
  shown: readonly string[],
  table: TableState,
  first: readonly Run[] | undefined,
): readonly TableColumn[] {
  return useMemo(() => {
    const columns = shown.map((id) => toColumn(id, first));
    if (!table.onlyDifferent || first === undefined || first.length < 2) return columns;
    return columns.filter(
      ({ id, value }) =>
        id.startsWith("series.") || first.some((run) => value(run) !== value(first[0] ?? run)),
    );
  }, [shown, table.onlyDifferent, first]);
}

/** How many there are, and what else can be done with all of them. */
function Summary({
  project,
  table,
  rows,
  onChange,
}: {
  project: string;
  table: TableState;
  rows: ReturnType<typeof useRunRows>;
  onChange: (change: Partial<TableState>) => void;
}) {
  const { total, failed } = rows;
  return (
    <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 px-4 pb-1.5 text-sm text-faint">
      <p role="status">
        {total !== undefined && count(total, table.state === "deleted" ? "deleted run" : "run")}
        {failed && " · some rows did not come; scroll to ask again"}
      </p>
      <div className="flex items-center gap-1">
        {table.filter !== "" && total !== undefined && total > 1 && (
          <ButtonLink
            to="/projects/$project/runs/compare"
            params={{ project }}
            search={{ filter: table.filter, sort: table.sort }}
            look="quiet"
            icon="chart"
          >
            {total > 100 ? "Compare the first 100" : "Compare all"}
          </ButtonLink>
        )}
        <Toggle
          label="Deleted"
          title="Shows the runs that were deleted, to restore them"
          pressed={table.state === "deleted"}
          onPress={() => onChange({ state: table.state === "deleted" ? "active" : "deleted" })}
        />
      </div>
    </div>
  );
}

function GroupChoice({
  table,
  found,
  onChange,
}: {
  table: TableState;
  found: readonly RunColumn[];
  onChange: (change: Partial<TableState>) => void;
}) {
  const keys = found.filter((column) => column.kind !== "metric").slice(0, 200);
  const known = ["status", "user_id", ...keys.map(({ kind, key }) => `${kind}s.${key}`)];
  const all = table.group === "" || known.includes(table.group) ? known : [table.group, ...known];
  return (
    <Choice
      label="Group by"
      hideLabel
      value={table.group}
      onChange={(group) => onChange({ group, open: [] })}
      options={[
        { value: "", label: "Not grouped" },
        ...all.map((id) => ({ value: id, label: `By ${id.replace("user_id", "who")}` })),
      ]}
    />
  );
}

function Toggle({
  label,
  title,
  pressed,
  onPress,
}: {
  label: string;
  title: string;
  pressed: boolean;
  onPress: () => void;
}) {
  return (
    <button
      type="button"
      title={title}
      aria-pressed={pressed}
      onClick={onPress}
      className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink aria-pressed:bg-accent-wash aria-pressed:text-accent"
    >
      {pressed && <Icon name="check" size={14} />}
      {label}
    </button>
  );
}

/** As much of the window as is left: the page itself then need not scroll. */
function gridHeight(): number {
  return Math.max(360, window.innerHeight - 290);
}

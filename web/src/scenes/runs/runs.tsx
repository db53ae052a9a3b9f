import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { SearchField } from "../../components/field.tsx";
import { alike, count, duration, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { runsQuery, type Run } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";

const trackingHint = 'export MLFLOW_TRACKING_URI="$GYRE_URL"\npython train.py';

/** Every tracked run; its parameters and metrics are columns to choose from. */
export function Runs() {
  const { project } = useParams({ from: "/projects/$project/runs" });
  const { filter = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const query = useQuery(runsQuery(project));
  const [view, setView] = useTableView({ sort: "-started" });
  const all = query.data?.runs;
  const columns = useMemo(() => runColumns(project, all ?? []), [project, all]);
  const rows = useMemo(() => (all ?? []).filter((run) => matches(run, filter)), [all, filter]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Runs"
        lead="Everything tracked through the MLflow protocol, by the pipeline or by any script."
      />
      <Answer query={query} part>
        {({ runs }) => (
          <Panel
            title="All runs"
            hint={
              filter ? `${number(rows.length)} of ${count(runs.length, "run")}` : count(runs.length, "run")
            }
            flush
            actions={
              <>
                <SearchField
                  label="Filter runs"
                  className="w-40 sm:w-56"
                  value={filter}
                  onChange={(event) =>
                    void navigate({
                      to: ".",
                      search: (before: Record<string, unknown>) => ({
                        ...before,
                        filter: event.target.value || undefined,
                      }),
                      replace: true,
                    })
                  }
                />
                <ColumnsMenu columns={columns} view={view} onView={setView} />
              </>
            }
          >
            <DataTable
              label="Runs"
              rows={rows}
              columns={columns}
              rowKey={(run) => run.id}
              view={view}
              onView={setView}
              empty={
                runs.length === 0 ? (
                  <EmptyState icon="runs" title="Nothing tracked yet" command={trackingHint}>
                    <p>Run the pipeline, or point any script that uses the mlflow client here.</p>
                  </EmptyState>
                ) : (
                  <EmptyState icon="search" title="No run fits the filter" />
                )
              }
            />
          </Panel>
        )}
      </Answer>
    </>
  );
}

/** Metrics and parameters become columns; only the few most common ones are shown until chosen. */
function runColumns(project: string, runs: readonly Run[]): Column<Run>[] {
  const metrics = common(runs.map((run) => Object.keys(run.metrics)));
  const parameters = common(runs.map((run) => Object.keys(run.params)));
  return [
    {
      id: "name",
      header: "Run",
      value: (run) => run.name,
      cell: (run) => (
        <RowLink to="/projects/$project/runs/$run" params={{ project, run: run.id }}>
          {run.name || run.id.slice(0, 8)}
        </RowLink>
      ),
    },
    {
      id: "status",
      header: "Status",
      value: (run) => run.status,
      cell: (run) => <StateText state={run.status} />,
    },
    {
      id: "started",
      header: "Started",
      value: (run) => run.startedAtMs,
      cell: (run) => <RelativeTime atMs={run.startedAtMs} />,
    },
    {
      id: "took",
      header: "Took",
      align: "right",
      value: (run) => (run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs),
      cell: (run) => duration(run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs),
    },
    ...metrics.map((key, index): Column<Run> => {
      const write = alike(runs.map((run) => run.metrics[key]));
      return {
        id: `m.${key}`,
        header: key,
        title: `Metric ${key}, last value`,
        align: "right",
        hidden: index >= 4,
        value: (run) => run.metrics[key] ?? null,
        cell: (run) => write(run.metrics[key]),
      };
    }),
    ...parameters.map((key, index): Column<Run> => ({
      id: `p.${key}`,
      header: key,
      title: `Parameter ${key}`,
      hidden: index >= 3,
      value: (run) => run.params[key] ?? null,
    })),
    { id: "who", header: "Who", value: (run) => run.userName || run.actor, hidden: true },
    {
      id: "id",
      header: "Id",
      value: (run) => run.id,
      cell: (run) => <code className="font-mono text-xs">{run.id}</code>,
      hidden: true,
    },
  ];
}

function common(keys: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>();
  for (const key of keys.flat()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, more]) => more - many || a.localeCompare(b)).map(([key]) => key);
}

function matches(run: Run, filter: string): boolean {
  const needle = filter.trim().toLowerCase();
  if (!needle) return true;
  const text = [
    run.name,
    run.id,
    run.status,
    run.actor,
    ...Object.entries(run.params).flat(),
    ...Object.values(run.tags),
  ];
  return text.some((part) => part.toLowerCase().includes(needle));
}

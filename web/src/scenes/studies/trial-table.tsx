import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration, number, plain } from "../../components/format.ts";
import { RowLink, TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import type { Study, Trial } from "../../data/studies.ts";

/** Every trial, with the ways to its execution and its run. */
export function TrialTable({ project, study }: { project: string; study: Study }) {
  const [view, setView] = useTableView({ sort: "-trial" });
  const columns = useMemo(() => trialColumns(project, study), [project, study]);
  return (
    <Panel title="Trials" flush>
      <DataTable
        label="Trials"
        rows={study.trials}
        columns={columns}
        rowKey={(trial) => String(trial.number)}
        view={view}
        onView={setView}
        empty={
          <EmptyState icon="clock" title="No trial has begun yet">
            {study.reason}
          </EmptyState>
        }
      />
    </Panel>
  );
}

function trialColumns(project: string, { declaration }: Study): Column<Trial>[] {
  return [
    {
      id: "trial",
      header: "Trial",
      value: ({ number }) => number,
      cell: (trial) =>
        trial.execution ? (
          <RowLink
            to="/projects/$project/executions/$execution"
            params={{ project, execution: trial.execution }}
          >
            {trial.number}
          </RowLink>
        ) : (
          trial.number
        ),
      align: "right",
    },
    {
      id: "state",
      header: "State",
      value: ({ state }) => state,
      cell: ({ state }) => <StateText state={state} />,
    },
    ...declaration.objectives.map(({ metric }, index): Column<Trial> => ({
      id: `value.${metric}`,
      header: metric,
      value: ({ values }) => values?.[index] ?? null,
      cell: ({ values }) => number(values?.[index]),
      align: "right",
    })),
    ...Object.keys(declaration.space).map((name): Column<Trial> => ({
      id: `parameter.${name}`,
      header: name,
      value: ({ parameters }) => {
        const value = parameters[name];
        return typeof value === "boolean" ? String(value) : (value ?? null);
      },
      cell: ({ parameters }) => plain(parameters[name]),
    })),
    {
      id: "took",
      header: "Took",
      value: ({ createdAtMs, endedAtMs }) => (endedAtMs === null ? null : endedAtMs - createdAtMs),
      cell: ({ createdAtMs, endedAtMs }) => (endedAtMs === null ? "" : duration(endedAtMs - createdAtMs)),
      align: "right",
    },
    {
      id: "run",
      header: "Run",
      value: ({ runId }) => runId,
      cell: ({ runId }) => (
        <TextLink to="/projects/$project/runs/$run" params={{ project, run: runId }}>
          {runId.slice(0, 8)}
        </TextLink>
      ),
    },
    { id: "reason", header: "Why", value: ({ reason }) => reason },
  ];
}

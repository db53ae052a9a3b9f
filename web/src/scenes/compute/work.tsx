import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import type { ComputeWork } from "../../data/compute.ts";
import { size } from "./targets.tsx";

/** What was handed to targets, what has not ended first. */
export function WorkTable({ project, work }: { project: string; work: readonly ComputeWork[] }) {
  const columns = useMemo(() => workColumns(project), [project]);
  return (
    <Panel title="Work at targets" hint="what has not ended, then what ended last" flush>
      <DataTable
        label="Work at targets"
        rows={work}
        columns={columns}
        rowKey={(one) => one.id}
        view={{}}
        onView={() => {}}
        empty={<EmptyState icon="screen" title="Nothing was handed to a target yet" />}
      />
    </Panel>
  );
}

function workColumns(project: string): Column<ComputeWork>[] {
  const columns: Column<ComputeWork>[] = [
    {
      id: "label",
      header: "Step",
      value: (one) => one.label,
      cell: (one) =>
        one.project === project ? (
          <RowLink
            to="/projects/$project/executions/$execution"
            params={{ project, execution: one.owner }}
            search={{ at: one.label }}
          >
            {one.label}
          </RowLink>
        ) : (
          `${one.label} of ${one.project}`
        ),
    },
    { id: "target", header: "Target", value: (one) => one.target },
    {
      id: "state",
      header: "State",
      value: (one) => one.state,
      cell: (one) => <StateText state={one.state} />,
    },
    {
      id: "position",
      header: "Place",
      align: "right",
      value: (one) => one.position,
      cell: (one) => number(one.position),
    },
    { id: "reason", header: "Because", value: (one) => one.reason, wrap: true },
    { id: "needs", header: "Needs", value: (one) => one.resources.cpus, cell: (one) => size(one.resources) },
    {
      id: "submitted",
      header: "Handed over",
      value: (one) => one.submittedAtMs,
      cell: (one) => <RelativeTime atMs={one.submittedAtMs} />,
    },
    {
      id: "ran",
      header: "Ran",
      align: "right",
      value: (one) =>
        one.startedAtMs === null || one.endedAtMs === null ? null : one.endedAtMs - one.startedAtMs,
      cell: (one) =>
        one.startedAtMs === null || one.endedAtMs === null ? "–" : duration(one.endedAtMs - one.startedAtMs),
    },
  ];
  return columns.map((column) => ({ ...column, sortable: false }));
}

import { useMemo } from "react";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { RowLink } from "../../components/link.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import type { Partition } from "../../data/backfills.ts";

/** The partitions as rows, each with its execution and, where it could not begin, the reason. */
export function PartitionTable({
  project,
  partitions,
}: {
  project: string;
  partitions: readonly Partition[];
}) {
  const [view, setView] = useTableView();
  const columns = useMemo<Column<Partition>[]>(
    () => [
      {
        id: "value",
        header: "Value",
        value: (each) => each.value,
        cell: (each) =>
          each.execution === null ? (
            each.value
          ) : (
            <RowLink
              to="/projects/$project/executions/$execution"
              params={{ project, execution: each.execution }}
            >
              {each.value}
            </RowLink>
          ),
      },
      {
        id: "state",
        header: "State",
        value: (each) => each.state,
        cell: (each) => <StateText state={each.state} />,
      },
      { id: "execution", header: "Execution", value: (each) => each.execution },
      { id: "failure", header: "Could not begin because", value: (each) => each.failure, wrap: true },
    ],
    [project],
  );
  return (
    <DataTable
      label="Partitions"
      rows={partitions}
      columns={columns}
      rowKey={(each) => String(each.position)}
      view={view}
      onView={setView}
    />
  );
}

import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import type { TraceSpan } from "../../data/traces.ts";
import { stateOf } from "./words.ts";

/** The same spans as in the timeline, to sort and to read aloud. */
export function SpanTable({ spans }: { spans: readonly TraceSpan[] }) {
  const { project, trace } = useParams({ from: "/projects/$project/traces/$trace" });
  const [view, setView] = useTableView();
  const columns = useMemo(() => spanColumns(project, trace), [project, trace]);
  return (
    <Panel flush>
      <DataTable
        label="Spans"
        rows={spans}
        columns={columns}
        rowKey={(span) => span.id}
        view={view}
        onView={setView}
        empty={<EmptyState icon="traces" title="No span has arrived" />}
      />
    </Panel>
  );
}

function spanColumns(project: string, trace: string): Column<TraceSpan>[] {
  return [
    {
      id: "name",
      header: "Span",
      value: (span) => span.name,
      cell: (span) => (
        <RowLink to="/projects/$project/traces/$trace" params={{ project, trace }} search={{ at: span.id }}>
          {span.name}
        </RowLink>
      ),
    },
    { id: "type", header: "Type", value: (span) => span.type },
    {
      id: "status",
      header: "Status",
      value: (span) => span.status,
      cell: (span) => <StateText state={stateOf(span.status)} />,
    },
    { id: "depth", header: "Depth", align: "right", value: (span) => span.depth },
    {
      id: "start",
      header: "Begins after",
      align: "right",
      value: (span) => span.offsetMs,
      cell: (span) => duration(span.offsetMs),
    },
    {
      id: "took",
      header: "Took",
      align: "right",
      value: (span) => span.durationMs,
      cell: (span) => duration(span.durationMs),
    },
  ];
}

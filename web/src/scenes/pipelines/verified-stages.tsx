import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { count, duration } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import type { VerifiedStage } from "../../data/verifications.ts";

/** The stages of a verification: what came of each, why or what it waits for, and a link to the step it is held against. */
export function VerifiedStages({ project, stages }: { project: string; stages: readonly VerifiedStage[] }) {
  const [view, setView] = useTableView();
  const columns = useMemo<Column<VerifiedStage>[]>(
    () => [
      {
        id: "stage",
        header: "Stage",
        value: ({ stage }) => stage,
        cell: ({ stage, execution }) => <StepLink project={project} stage={stage} execution={execution} />,
      },
      {
        id: "verdict",
        header: "Verdict",
        value: (stage) => stateOf(stage),
        cell: (stage) => <StateText state={stateOf(stage)} />,
      },
      {
        id: "why",
        header: "Why",
        value: whyOf,
        wrap: true,
      },
      {
        id: "took",
        header: "Took",
        align: "right",
        value: ({ startedAtMs, endedAtMs }) => (startedAtMs && endedAtMs ? endedAtMs - startedAtMs : null),
        cell: ({ startedAtMs, endedAtMs }) =>
          startedAtMs && endedAtMs ? duration(endedAtMs - startedAtMs) : "–",
      },
    ],
    [project],
  );
  return (
    <DataTable
      label="Stages"
      rows={stages}
      columns={columns}
      rowKey={({ position }) => String(position)}
      view={view}
      onView={setView}
      empty={<EmptyState icon="search" title="No stage is like that" />}
    />
  );
}

/** The outs that differ stand in a table of their own. */
function whyOf({ differing, message, waitingReason }: VerifiedStage): string {
  if (differing.length > 0)
    return count(differing.length, "out came out otherwise", "outs came out otherwise");
  return message ?? waitingReason ?? "";
}

/** The verdict, or how it stands while there is none. */
export function stateOf({ verdict, state }: VerifiedStage): string {
  return verdict ?? state;
}

/** To the step that made the kept result; to the stage where there is no such step. */
export function StepLink({
  project,
  stage,
  execution,
}: Pick<VerifiedStage, "stage" | "execution"> & { project: string }) {
  if (execution === null)
    return (
      <RowLink to="/projects/$project/pipeline" params={{ project }} search={{ at: stage }}>
        {stage}
      </RowLink>
    );
  return (
    <RowLink
      to="/projects/$project/executions/$execution"
      params={{ project, execution }}
      search={{ at: stage }}
    >
      {stage}
    </RowLink>
  );
}

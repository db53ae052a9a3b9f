import { useMemo } from "react";
import { useNow } from "../../clock.ts";
import { EmptyState } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { duration, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import type { Execution, Step } from "../../data/executions.ts";
import { ranMs, readyMs } from "./time-spent.ts";

/** Every step as a row: what graph and timeline draw, to be sorted and read aloud. */
export function StepsTable({
  execution,
  needle,
  state,
}: {
  execution: Execution;
  needle: string;
  state: string | undefined;
}) {
  const [view, setView] = useTableView();
  const nowMs = useNow();
  const columns = useMemo(() => stepColumns(execution, nowMs), [execution, nowMs]);
  const rows = useMemo(
    () =>
      execution.steps.filter(
        (step) => step.stage.toLowerCase().includes(needle) && (state === undefined || step.state === state),
      ),
    [execution, needle, state],
  );
  return (
    <div>
      <div className="flex justify-end border-b border-line px-3 py-1">
        <ColumnsMenu columns={columns} view={view} onView={setView} />
      </div>
      <DataTable
        label="Steps"
        rows={rows}
        columns={columns}
        rowKey={(step) => step.id}
        view={view}
        onView={setView}
        maximumHeight={460}
        empty={
          <EmptyState icon="search" title="No step is like that">
            <p>Look for another part of a name, or at all states.</p>
          </EmptyState>
        }
      />
    </div>
  );
}

function stepColumns(execution: Execution, nowMs: number): Column<Step>[] {
  const byName = new Map(execution.steps.map((step) => [step.stage, step]));
  const waited = (step: Step): number | null => {
    const ready = step.state === "cached" ? null : readyMs(step, byName, execution.startedAtMs);
    const until = step.startedAtMs ?? (step.state === "waiting" ? nowMs : null);
    return ready === null || until === null ? null : Math.max(0, until - ready);
  };
  const ran = (step: Step): number | null =>
    step.startedAtMs === null || step.state === "cached" ? null : ranMs(step, nowMs);
  return [
    {
      id: "stage",
      header: "Step",
      value: (step) => step.stage,
      cell: (step) => (
        <RowLink
          to="."
          search={(before: Record<string, unknown>) => ({
            ...before,
            at: step.stage,
            line: undefined,
            find: undefined,
            attempt: undefined,
          })}
          resetScroll={false}
          replace
        >
          {step.stage}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (step) => step.state,
      cell: (step) => <StateText state={step.state} />,
    },
    { id: "ran", header: "Ran", align: "right", value: ran, cell: (step) => duration(ran(step)) },
    { id: "waited", header: "Waited", align: "right", value: waited, cell: (step) => duration(waited(step)) },
    {
      id: "why",
      header: "Why",
      value: (step) => step.waitingReason ?? step.reason,
      cell: (step) => (
        <span title={step.waitingReason ?? step.reason}>{step.waitingReason ?? step.reason}</span>
      ),
    },
    {
      id: "started",
      header: "Started",
      value: (step) => step.startedAtMs,
      cell: (step) => <RelativeTime atMs={step.startedAtMs} />,
      hidden: true,
    },
    {
      id: "attempts",
      header: "Attempts",
      align: "right",
      value: (step) => step.attempt,
      cell: (step) => number(step.attempt),
      hidden: true,
    },
    { id: "after", header: "After", value: (step) => step.dependsOn.join(", "), hidden: true },
  ];
}

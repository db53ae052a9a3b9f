import { useMemo } from "react";
import { useNow } from "../../clock.ts";
import { EmptyState } from "../../components/answers.tsx";
import { Choice } from "../../components/field.tsx";
import { duration, number } from "../../components/format.ts";
import { Gantt, type GanttRow } from "../../components/gantt/gantt.tsx";
import { Stat } from "../../components/stat.tsx";
import type { Execution } from "../../data/executions.ts";
import { useView } from "../../shell/use-view.ts";
import { criticalPath, readyMs, timeSpent } from "./time-spent.ts";

/** What ran when, what waited for what, and where the time went. */
export function StepTimeline({
  execution,
  selected,
}: {
  execution: Execution;
  selected: string | undefined;
}) {
  const [view, change] = useView();
  const nowMs = Math.max(useNow(), execution.startedAtMs ?? 0);
  const isOpen = execution.endedAtMs === null;
  const until = isOpen ? nowMs : execution.endedAtMs;
  const rows = useMemo(
    () => toRows(execution, isOpen ? nowMs : 0, (view.filter ?? "").trim().toLowerCase()),
    [execution, isOpen, nowMs, view.filter],
  );
  const spent = useMemo(() => timeSpent(execution.steps, execution, nowMs), [execution, nowMs]);
  const whole = useMemo(() => {
    const fromMs = execution.startedAtMs ?? execution.createdAtMs;
    return { fromMs, toMs: Math.max(fromMs + 10, until ?? nowMs) };
  }, [execution, until, nowMs]);
  if (execution.startedAtMs === null)
    return (
      <EmptyState icon="clock" title="It has not begun">
        <p>{execution.waitingReason ?? "It waits for the server that works on executions."}</p>
      </EmptyState>
    );
  return (
    <div>
      <div className="border-b border-line px-5 pt-1 pb-4">
        <div className="grid grid-cols-2 gap-x-6 gap-y-4 pt-2 sm:grid-cols-3 xl:grid-cols-6">
          <Stat label="Took" value={duration(spent.elapsedMs)} note={isOpen ? "so far" : undefined} />
          <Stat label="Work" value={duration(spent.workMs)} note="of all steps together" />
          <Stat label="At once" value={number(spent.atOnce, 1)} note="steps, on average" />
          <Stat label="Critical path" value={duration(spent.criticalMs)} note="it cannot be shorter" />
          <Stat label="Waited for a place" value={duration(spent.waitedMs)} note="steps that could run" />
          <Stat
            label="From the cache"
            value={spent.cached}
            note={`of ${number(execution.steps.length)} steps`}
          />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-4 border-b border-line px-5 py-1.5">
        <Choice
          label="Rows"
          value={view.axis === "place" ? "place" : "step"}
          onChange={(value) => change({ axis: value === "place" ? "place" : undefined })}
          options={[
            { value: "step", label: "by step" },
            { value: "place", label: "by place, what ran at once" },
          ]}
        />
        <p className="text-xs text-faint">
          Hatched: waited. Filled: ran. Bold: on the critical path. The same as a table: the view “Steps”.
        </p>
      </div>
      <Gantt
        label="Timeline"
        rows={rows}
        whole={whole}
        nowMs={until ?? nowMs}
        byLane={view.axis === "place"}
        selected={selected}
        onSelect={(stage) => change({ at: stage, line: undefined, find: undefined, attempt: undefined })}
      />
    </div>
  );
}

/** In the order in which they began; what has not begun comes last. */
function toRows(execution: Execution, nowMs: number, needle: string): GanttRow[] {
  const byName = new Map(execution.steps.map((step) => [step.stage, step]));
  const critical = new Set(criticalPath(execution.steps, nowMs));
  return execution.steps
    .filter((step) => step.stage.toLowerCase().includes(needle))
    .map((step) => ({
      id: step.stage,
      label: step.stage,
      state: step.state,
      readyMs: step.state === "cached" ? null : readyMs(step, byName, execution.startedAtMs),
      startMs: step.startedAtMs,
      endMs: step.endedAtMs ?? (step.state === "cached" ? execution.startedAtMs : null),
      reason: step.waitingReason ?? step.reason,
      isCritical: critical.has(step.stage),
    }))
    .toSorted((a, b) => (a.startMs ?? a.endMs ?? Infinity) - (b.startMs ?? b.endMs ?? Infinity));
}

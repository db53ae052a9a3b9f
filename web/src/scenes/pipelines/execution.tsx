import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNow } from "../../clock.ts";
import { Button } from "../../components/button.tsx";
import { SearchField } from "../../components/field.tsx";
import { dateTime, duration, number } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { cancelExecution, executionQuery, type Execution, type Step } from "../../data/executions.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useView } from "../../shell/use-view.ts";
import { useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { ExecutionApprovals } from "./approvals.tsx";
import { ExecutionFacts } from "./execution-facts.tsx";
import { statesOf } from "./families.ts";
import { StateFilter } from "./state-filter.tsx";
import { stepDetail, StepGraph } from "./step-graph.tsx";
import { StepPanel } from "./step-panel.tsx";
import { StepsTable } from "./steps-table.tsx";
import { StepTimeline } from "./step-timeline.tsx";
import { criticalPath } from "./time-spent.ts";

const tabs = ["graph", "timeline", "steps", "facts"] as const;

/** One time the pipeline ran: its steps as graph, timeline and table, and the chosen one with its log. */
export function ExecutionPage() {
  const { project, execution: id } = useParams({ from: "/projects/$project/executions/$execution" });
  const query = useQuery(executionQuery(project, id));
  return <Answer query={query}>{(execution) => <Loaded project={project} execution={execution} />}</Answer>;
}

function Loaded({ project, execution }: { project: string; execution: Execution }) {
  const [view, change] = useView();
  const current = tabs.find((each) => each === view.tab) ?? "graph";
  const chosen = execution.steps.find((step) => step.stage === view.at) ?? mostTelling(execution);
  const total =
    Object.values(execution.counts ?? {}).reduce((all, each) => all + each, 0) || execution.steps.length;
  return (
    <>
      <Head project={project} execution={execution} />
      <div className="space-y-5">
        {execution.failure && (
          <Notice tone="bad" title={execution.failure.message}>
            {execution.failure.next}
          </Notice>
        )}
        {execution.waitingReason && (
          <Notice tone="busy" title={`Nothing of it runs: it ${execution.waitingReason}`} />
        )}
        {execution.steps.some((step) => asks(step)) && (
          <ExecutionApprovals project={project} execution={execution.id} />
        )}
        {total > execution.steps.length && (
          <Notice tone="warn" title={`Of ${number(total)} steps ${number(execution.steps.length)} are shown`}>
            Those that failed, run or wait come first. All of them: gyre logs, or the API page by page.
          </Notice>
        )}
        <div>
          <Tabs
            label="Views of this execution"
            current={current}
            items={[
              { value: "graph", label: "Graph" },
              { value: "timeline", label: "Timeline" },
              { value: "steps", label: "Steps", count: total },
              { value: "facts", label: "What it worked with" },
            ]}
          />
          {current === "facts" ? (
            <ExecutionFacts project={project} execution={execution} />
          ) : (
            <Panel flush>
              <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-5 py-2">
                <StateFilter
                  counts={countsOf(execution)}
                  state={view.state}
                  onState={(state) => change({ state, ...(state ? { tab: "steps" } : {}) })}
                />
                <SearchField
                  label="Find a step"
                  className="max-w-56"
                  value={view.filter ?? ""}
                  onChange={(event) => change({ filter: event.target.value || undefined })}
                />
              </div>
              {current === "graph" && <ExecutionGraph execution={execution} selected={chosen?.stage} />}
              {current === "timeline" && <StepTimeline execution={execution} selected={chosen?.stage} />}
              {current === "steps" && (
                <StepsTable
                  execution={execution}
                  needle={(view.filter ?? "").trim().toLowerCase()}
                  state={view.state}
                />
              )}
            </Panel>
          )}
        </div>
        {chosen && current !== "facts" && (
          <StepPanel key={chosen.id} project={project} execution={execution} step={chosen} />
        )}
      </div>
    </>
  );
}

function Head({ project, execution }: { project: string; execution: Execution }) {
  const cancel = useOrder(() => cancelExecution(project, execution.id), "The execution is being cancelled.");
  const refusal = useRefusal(project, "pipeline:run");
  const isOpen = execution.state === "running" || execution.state === "queued";
  return (
    <PageHeader
      crumbs={crumbs(project, "pipeline")}
      title={execution.purpose.reason || "Execution"}
      state={<StateBadge state={execution.state} />}
      meta={
        <>
          <span>
            {execution.purpose.kind} by <Actor id={execution.actor} />
          </span>
          <span title={dateTime(execution.startedAtMs)}>
            started <RelativeTime atMs={execution.startedAtMs ?? execution.createdAtMs} />
          </span>
          {execution.startedAtMs !== null && execution.endedAtMs !== null && (
            <span>took {duration(execution.endedAtMs - execution.startedAtMs)}</span>
          )}
          <code className="font-mono text-xs">{execution.id}</code>
        </>
      }
      actions={
        isOpen && (
          <Button
            icon="stop"
            refused={refusal}
            busy={cancel.isPending}
            onClick={() => cancel.mutate(undefined)}
          >
            Cancel
          </Button>
        )
      }
    />
  );
}

function ExecutionGraph({ execution, selected }: { execution: Execution; selected: string | undefined }) {
  const nowMs = useNow();
  const { steps } = execution;
  const shown = useMemo(
    () =>
      steps.map((step) => ({
        name: step.stage,
        state: step.state,
        detail: stepDetail(step.state, step.startedAtMs, step.endedAtMs),
        dependsOn: step.dependsOn,
      })),
    [steps],
  );
  const critical = useMemo(() => criticalPath(steps, nowMs), [steps, nowMs]);
  return (
    <StepGraph steps={shown} critical={critical} selected={selected} height={steps.length > 60 ? 520 : 340} />
  );
}

function countsOf({ counts, steps }: Execution): (readonly [string, number])[] {
  const { counts: found } = statesOf(steps.map((step) => step.state));
  if (counts === undefined) return Object.entries(found);
  // The server's numbers count also the steps that did not come along.
  return Object.keys({ ...found, ...counts }).map((state) => {
    const told = Object.entries(counts).find(([each]) => each === state)?.[1];
    return [state, told ?? found[state] ?? 0] as const;
  });
}

/** The server says so of a step that waits for a person. */
function asks({ state, waitingReason }: Step): boolean {
  return state === "waiting" && (waitingReason ?? "").startsWith("waits for an answer");
}

/** What a reader wants to see first: what failed, else what runs, else the last. */
function mostTelling({ steps }: Execution) {
  return (
    steps.find((step) => step.state === "failed") ??
    steps.find((step) => step.state === "running") ??
    steps.at(-1)
  );
}

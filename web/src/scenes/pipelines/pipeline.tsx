import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { lookOf, toneClasses } from "../../components/states.ts";
import { Tabs } from "../../components/tabs.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import {
  execute,
  executionsQuery,
  pipelineQuery,
  type ExecutionSummary,
  type Pipeline,
} from "../../data/executions.ts";
import { openApprovalsQuery } from "../../data/approvals.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { useOrder } from "../../shell/use-order.ts";
import { crumbs } from "../crumbs.tsx";
import { useNameOf, useRefusal } from "../../shell/who.ts";
import { OpenApprovals } from "./approvals.tsx";
import { Backfills } from "./backfills.tsx";
import { Schedules } from "./schedules.tsx";
import { Triggers } from "./triggers.tsx";
import { Verifications } from "./verifications.tsx";
import { stepDetail, StepGraph } from "./step-graph.tsx";
import { criticalPath } from "./time-spent.ts";
import { Why } from "./why.tsx";

const tabs = ["stages", "schedules", "backfills", "verifications", "approvals"] as const;

/** The pipeline: its stages and executions, what runs it by itself, and what of it waits for a person. */
export function PipelinePage() {
  const { project } = useParams({ from: "/projects/$project/pipeline" });
  const [{ tab: asked }] = useView();
  const tab = tabs.find((each) => each === asked) ?? "stages";
  const navigate = useNavigate();
  const refusal = useRefusal(project, "pipeline:run");
  const waiting = useQuery(openApprovalsQuery(project)).data?.approvals.length;
  const run = useOrder(async () => {
    const execution = await execute(project, {});
    await navigate({
      to: "/projects/$project/executions/$execution",
      params: { project, execution: execution.id },
    });
  }, "The pipeline was started.");
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Pipeline"
        lead="Stages run in parallel where the graph allows; one whose inputs did not change is taken from the cache."
        actions={
          <Button
            look="primary"
            icon="play"
            refused={refusal}
            busy={run.isPending}
            onClick={() => run.mutate(undefined)}
          >
            Run
          </Button>
        }
      />
      <Tabs
        label="Views of the pipeline"
        current={tab}
        items={[
          { value: "stages", label: "Stages and executions" },
          { value: "schedules", label: "Schedules and triggers" },
          { value: "backfills", label: "Backfills" },
          { value: "verifications", label: "Verifications" },
          { value: "approvals", label: "Approvals", ...(waiting ? { count: waiting } : {}) },
        ]}
      />
      {tab === "stages" && <Stages project={project} />}
      {tab === "schedules" && (
        <div className="space-y-8">
          <Schedules project={project} />
          <Triggers project={project} />
        </div>
      )}
      {tab === "backfills" && <Backfills project={project} />}
      {tab === "verifications" && <Verifications project={project} />}
      {tab === "approvals" && <OpenApprovals project={project} />}
    </>
  );
}

/** The pipeline as it stands, and every time it ran. */
function Stages({ project }: { project: string }) {
  const executions = useQuery(executionsQuery(project));
  const pipeline = useQuery(pipelineQuery(project));
  const [{ at }] = useView();
  const nameOf = useNameOf();
  const [view, setView] = useTableView({ sort: "-started" });
  const columns = useMemo(() => executionColumns(project, nameOf), [project, nameOf]);
  return (
    <div className="space-y-5">
      <Panel title="Stages" hint="choose one to see whether it would run now" flush>
        <Answer query={pipeline} skeleton={<div className="h-[300px] bg-sunken" />}>
          {({ stages }) =>
            stages.length === 0 ? (
              <EmptyState icon="pipeline" title="No stages yet">
                <p>Point pipeline: in gyre.yaml to a dvc.yaml, or write the stages there.</p>
              </EmptyState>
            ) : (
              <PipelineGraph stages={stages} selected={at} />
            )
          }
        </Answer>
      </Panel>
      {at && <Why project={project} stage={at} />}
      <Answer query={executions} part>
        {(answer) => (
          <Panel title="Executions" flush>
            <DataTable
              label="Executions"
              rows={answer.executions}
              columns={columns}
              rowKey={(execution) => execution.id}
              view={view}
              onView={setView}
              empty={<EmptyState icon="play" title="It has not run yet" command="gyre run" />}
            />
          </Panel>
        )}
      </Answer>
    </div>
  );
}

/** The stages with how each stood when it last ran. */
function PipelineGraph({ stages, selected }: { stages: Pipeline["stages"]; selected: string | undefined }) {
  const steps = useMemo(
    () =>
      stages.map(({ name, last, dependsOn, description, commands, target, image }) => ({
        name,
        dependsOn,
        state: last?.state ?? "pending",
        detail: [
          last
            ? stepDetail(last.state, last.startedAtMs, last.endedAtMs)
            : (description ?? commands[0] ?? ""),
          target === null ? "" : `at ${target}`,
          image ?? "",
        ]
          .filter((part) => part !== "")
          .join(" · "),
      })),
    [stages],
  );
  const critical = useMemo(
    () =>
      criticalPath(
        stages.map(({ name, last, dependsOn }) => ({
          stage: name,
          dependsOn,
          state: last?.state ?? "pending",
          startedAtMs: last?.startedAtMs ?? null,
          endedAtMs: last?.endedAtMs ?? null,
        })),
        0,
      ),
    [stages],
  );
  return <StepGraph steps={steps} critical={critical} selected={selected} />;
}

function executionColumns(project: string, nameOf: (id: string) => string): Column<ExecutionSummary>[] {
  return [
    {
      id: "purpose",
      header: "Why",
      value: (execution) => execution.purpose.reason,
      cell: (execution) => (
        <RowLink to="/projects/$project/executions/$execution" params={{ project, execution: execution.id }}>
          {execution.purpose.reason || execution.purpose.kind}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (execution) => execution.state,
      cell: (execution) => <StateText state={execution.state} />,
    },
    {
      id: "steps",
      header: "Stages",
      value: (execution) => execution.steps.length,
      cell: (execution) => <StepCounts execution={execution} />,
    },
    {
      id: "duration",
      header: "Took",
      align: "right",
      value: (execution) => elapsedMs(execution),
      cell: (execution) => duration(elapsedMs(execution)),
    },
    { id: "actor", header: "Who", value: (execution) => nameOf(execution.actor) },
    {
      id: "started",
      header: "Started",
      value: (execution) => execution.startedAtMs ?? execution.createdAtMs,
      cell: (execution) => <RelativeTime atMs={execution.startedAtMs ?? execution.createdAtMs} />,
    },
    {
      id: "id",
      header: "Id",
      value: (execution) => execution.id,
      cell: (execution) => <code className="font-mono text-xs">{execution.id}</code>,
      hidden: true,
    },
  ];
}

function StepCounts({ execution }: { execution: ExecutionSummary }) {
  const counts = Map.groupBy(execution.steps, (step) => step.state);
  return (
    <span className="inline-flex gap-3">
      {[...counts].map(([state, steps]) => (
        <span
          key={state}
          className={`inline-flex items-center gap-1 ${toneClasses[lookOf(state).tone].ink}`}
          title={`${steps.length} ${state}`}
        >
          <Icon name={lookOf(state).icon} size={14} strokeWidth={2} label={state} />
          {steps.length}
        </span>
      ))}
    </span>
  );
}

function elapsedMs(execution: ExecutionSummary): number | null {
  return execution.startedAtMs && execution.endedAtMs ? execution.endedAtMs - execution.startedAtMs : null;
}

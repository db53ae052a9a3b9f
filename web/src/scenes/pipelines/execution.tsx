import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "../../components/button.tsx";
import { Digest } from "../../components/code-block.tsx";
import { dateTime, duration, plain } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { cancelExecution, executionQuery, type Execution } from "../../data/executions.ts";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { crumbs } from "../crumbs.tsx";
import { StageGraph } from "./stage-graph.tsx";
import { StepPanel } from "./step-panel.tsx";
import { Actor } from "../../shell/actor.tsx";
import { useRefusal } from "../../shell/who.ts";
import { DatasetVersionLink } from "../data/version-link.tsx";

/** One time the pipeline ran: its graph, and beside the chosen stage why it ran and what it printed. */
export function ExecutionPage() {
  const { project, execution: id } = useParams({ from: "/projects/$project/executions/$execution" });
  const query = useQuery(executionQuery(project, id));
  return <Answer query={query}>{(execution) => <Loaded project={project} execution={execution} />}</Answer>;
}

function Loaded({ project, execution }: { project: string; execution: Execution }) {
  const { at } = useSearch({ strict: false });
  const navigate = useNavigate();
  const cancel = useOrder(() => cancelExecution(project, execution.id), "The execution is being cancelled.");
  const refusal = useRefusal(project, "run:write");
  const chosen = execution.steps.find((step) => step.stage === at) ?? mostTelling(execution);
  const open = execution.state === "running" || execution.state === "queued";
  return (
    <>
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
            {execution.startedAtMs && execution.endedAtMs && (
              <span>took {duration(execution.endedAtMs - execution.startedAtMs)}</span>
            )}
            <code className="font-mono text-xs">{execution.id}</code>
          </>
        }
        actions={
          open && (
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
      <div className="space-y-5">
        {execution.failure && (
          <Notice tone="bad" title={execution.failure.message}>
            {execution.failure.next}
          </Notice>
        )}
        <Panel title="Stages" flush>
          <StageGraph
            steps={execution.steps}
            selected={chosen?.stage}
            onSelect={(stage) =>
              void navigate({
                to: ".",
                search: (before: Record<string, unknown>) => ({ ...before, at: stage }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        </Panel>
        {chosen && <StepPanel key={chosen.id} project={project} execution={execution} step={chosen} />}
        <Panel title="What it worked with">
          <KeyValueList
            items={[
              { name: "Code", value: <Digest value={execution.codeDigest} /> },
              {
                name: "Environment",
                value: execution.environmentDigest ? (
                  <Digest value={execution.environmentDigest} />
                ) : undefined,
              },
              ...Object.entries(execution.datasetVersions).map(([dataset, version]) => ({
                name: `Data: ${dataset}`,
                value: <DatasetVersionLink project={project} dataset={dataset} id={version} />,
              })),
              ...Object.entries(execution.parameters).map(([name, value]) => ({ name, value: plain(value) })),
              {
                name: "Because of",
                value: execution.purpose.incident ? (
                  <TextLink
                    to="/projects/$project/incidents/$incident"
                    params={{ project, incident: execution.purpose.incident }}
                  >
                    {execution.purpose.incident}
                  </TextLink>
                ) : undefined,
              },
            ]}
          />
        </Panel>
      </div>
    </>
  );
}

/** What a reader wants to see first: what failed, else what runs, else the last. */
function mostTelling({ steps }: Execution) {
  return (
    steps.find((step) => step.state === "failed") ??
    steps.find((step) => step.state === "running") ??
    steps.at(-1)
  );
}

import { Fragment } from "react";
import { bytes, count, duration, number, words } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import type { Execution, Step } from "../../data/executions.ts";
import { StepLogPanel } from "./step-log.tsx";
import { StepWhy } from "./why.tsx";

/** The chosen step: why it ran, was taken from the cache or waits, what came out, and its log as it grows. */
export function StepPanel({
  project,
  execution,
  step,
}: {
  project: string;
  execution: Execution;
  step: Step;
}) {
  const wasDecided = step.state !== "waiting" && step.state !== "skipped";
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(22rem,2fr)_minmax(0,3fr)] xl:grid-rows-[auto_1fr]">
      <Panel title={step.stage} actions={<StateBadge state={step.state} />}>
        {step.failure && (
          <p className="mb-3 flex gap-2 text-bad">
            <Icon name="cross" size={16} className="mt-0.5 shrink-0" />
            <span>
              {step.failure.message} <span className="text-soft">{step.failure.next}</span>
            </span>
          </p>
        )}
        <Facts project={project} step={step} />
      </Panel>
      <div className="min-w-0 xl:col-start-2 xl:row-span-2 xl:row-start-1">
        <StepLogPanel project={project} execution={execution.id} step={step} />
      </div>
      <Panel title={titleOf(step)} className="self-start">
        <p className={wasDecided ? "mb-3" : undefined}>{step.waitingReason ?? step.reason}</p>
        {wasDecided && <StepWhy project={project} execution={execution.id} stage={step.stage} />}
        {(step.state === "cached" || step.state === "succeeded") && (
          <p className="mt-3 text-sm">
            <TextLink
              to="/projects/$project/pipeline"
              params={{ project }}
              search={{ tab: "verifications", at: step.stage }}
            >
              Is it reproducible?
            </TextLink>
          </p>
        )}
      </Panel>
    </div>
  );
}

function titleOf({ state }: Step): string {
  if (state === "cached") return "Why it came from the cache";
  if (state === "waiting") return "What it waits for";
  return state === "skipped" || state === "cancelled" ? "Why it did not run" : "Why it ran";
}

function Facts({ project, step }: { project: string; step: Step }) {
  const ran = step.startedAtMs !== null && step.endedAtMs !== null && step.state !== "cached";
  const took = ran ? duration((step.endedAtMs ?? 0) - (step.startedAtMs ?? 0)) : undefined;
  return (
    <KeyValueList
      items={[
        {
          name: "Command",
          value: <code className="font-mono text-xs break-all whitespace-pre-wrap">{step.command}</code>,
        },
        { name: "Took", value: took },
        { name: "Attempts", value: step.attempt > 1 ? number(step.attempt) : undefined },
        {
          name: "Needs",
          value: step.resources ? resourceWords(step.resources) : undefined,
        },
        {
          name: "Exit code",
          value: step.exitCode === null || step.exitCode === 0 ? undefined : number(step.exitCode),
        },
        {
          name: "Run",
          value: step.runId ? (
            <TextLink to="/projects/$project/runs/$run" params={{ project, run: step.runId }}>
              {step.runId.slice(0, 12)}
            </TextLink>
          ) : undefined,
        },
        ...Object.entries(step.metrics).map(([name, value]) => ({ name: words(name), value: number(value) })),
        { name: "Outs", value: step.outs.length > 0 ? <Outs outs={step.outs} /> : undefined },
      ]}
    />
  );
}

/** "2 CPU, 4 GB of memory, 1 GPU". */
export function resourceWords({
  cpu,
  memoryBytes,
  gpu,
}: {
  cpu: number;
  memoryBytes: number;
  gpu: number;
}): string {
  return [
    `${number(cpu)} CPU`,
    memoryBytes > 0 ? `${bytes(memoryBytes)} of memory` : "",
    gpu > 0 ? `${number(gpu)} GPU` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function Outs({ outs }: { outs: Step["outs"] }) {
  const shown = outs.slice(0, 12);
  return (
    <>
      {shown.map((out) => (
        <Fragment key={out.path}>
          <code className="font-mono text-xs break-all">{out.path}</code>{" "}
          <span className="text-faint">
            {out.kind === "out" ? "" : `${out.kind}, `}
            {bytes(out.sizeBytes)}
          </span>
          <br />
        </Fragment>
      ))}
      {outs.length > shown.length && (
        <span className="text-faint">and {count(outs.length - shown.length, "more", "more")}</span>
      )}
    </>
  );
}

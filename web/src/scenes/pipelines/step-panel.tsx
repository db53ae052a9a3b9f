import { bytes, duration, number, words } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { LogView } from "../../components/log-view.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import type { Execution, Step } from "../../data/executions.ts";
import { useStepLog } from "./use-step-log.ts";

/** The chosen stage: why it ran or not, what came out, and its log as it grows. */
export function StepPanel({
  project,
  execution,
  step,
}: {
  project: string;
  execution: Execution;
  step: Step;
}) {
  const live = step.state === "running";
  const lines = useStepLog(project, execution.id, step);
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(20rem,2fr)_3fr]">
      <Panel title={step.stage} actions={<StateBadge state={step.state} />}>
        <p className="mb-3 text-soft">{step.reason}</p>
        {step.failure && (
          <p className="mb-3 text-bad">
            {step.failure.message} <span className="text-soft">{step.failure.next}</span>
          </p>
        )}
        <KeyValueList
          items={[
            { name: "Command", value: <code className="font-mono text-xs break-all">{step.command}</code> },
            {
              name: "Took",
              value:
                step.startedAtMs && step.endedAtMs ? duration(step.endedAtMs - step.startedAtMs) : undefined,
            },
            { name: "Attempt", value: step.attempt > 1 ? number(step.attempt) : undefined },
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
            ...Object.entries(step.metrics).map(([name, value]) => ({
              name: words(name),
              value: number(value),
            })),
            ...step.outs
              .map((out) => ({
                name: out.kind === "out" ? "Output" : out.kind,
                value: (
                  <>
                    <code className="font-mono text-xs break-all">{out.path}</code>{" "}
                    <span className="text-faint">{bytes(out.sizeBytes)}</span>
                  </>
                ),
              }))
              .map((item, index) => ({ ...item, name: `${item.name} ${index + 1}` })),
          ]}
        />
      </Panel>
      <Panel title="Log" flush>
        <LogView lines={lines} live={live} label={`Log of ${step.stage}`} height={360} />
      </Panel>
    </div>
  );
}

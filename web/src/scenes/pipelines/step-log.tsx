import { useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { CopyButton } from "../../components/code-block.tsx";
import { Choice } from "../../components/field.tsx";
import { TextLink } from "../../components/link.tsx";
import { LogView } from "../../components/log/log-view.tsx";
import { Panel } from "../../components/panel.tsx";
import type { Step } from "../../data/executions.ts";
import { logFilePath } from "../../data/step-logs.ts";
import { ProblemPage } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { useLogHits, useStepLog } from "./use-step-log.ts";

/** The log of a step. The URL holds the step, the attempt, the line and what is searched. */
export function StepLogPanel(props: { project: string; execution: string; step: Step }) {
  const { project, execution, step } = props;
  const [view] = useView();
  const attempt = view.attempt ?? step.attempt;
  if (step.attempt === 0)
    return (
      <Panel title="Log">
        <EmptyState icon={step.state === "cached" ? "cached" : "clock"} title="It has printed nothing">
          <p>
            {step.state === "cached"
              ? "Its results were taken from the cache, so nothing ran here. The run that made them is linked beside."
              : "It has not begun."}
          </p>
        </EmptyState>
      </Panel>
    );
  // A new step, or attempt, is a new log: nothing of the last one may stay.
  return (
    <Log key={`${step.id} ${attempt}`} {...props} project={project} execution={execution} attempt={attempt} />
  );
}

function Log({
  project,
  execution,
  step,
  attempt,
}: {
  project: string;
  execution: string;
  step: Step;
  attempt: number;
}) {
  const router = useRouter();
  const [view, change] = useView();
  const name = { project, execution, stage: step.stage, attempt };
  const live = step.state === "running" && attempt === step.attempt;
  const chosen = view.line;
  const find = view.find ?? "";
  const { source, searchable, problem, again } = useStepLog(name, live, chosen);
  const hits = useLogHits(name, find, searchable);
  const hrefOf = useCallback(
    (line: number) =>
      router.buildLocation({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, at: step.stage, line }),
      }).href,
    [router, step.stage],
  );
  const onChoose = useCallback((line: number) => change({ at: step.stage, line }), [change, step.stage]);
  const onFind = useCallback((text: string) => change({ find: text === "" ? undefined : text }), [change]);
  const first = step.state === "failed" ? (source.firstError ?? "beginning") : "beginning";
  return (
    <Panel
      title="Log"
      hint={step.attempt > 1 ? `attempt ${attempt} of ${step.attempt}` : undefined}
      flush
      actions={
        <>
          {step.attempt > 1 && (
            <Choice
              label="Attempt"
              hideLabel
              value={String(attempt)}
              onChange={(value) =>
                change({
                  attempt: value === String(step.attempt) ? undefined : Number(value),
                  line: undefined,
                })
              }
              options={Array.from({ length: step.attempt }, (_, index) => ({
                value: String(index + 1),
                label: `attempt ${index + 1}`,
              }))}
            />
          )}
          <CopyButton
            text={globalThis.location.origin + hrefOf(chosen ?? 1)}
            label="Copy the address of the line"
          />
          <TextLink
            to="."
            search={(before: Record<string, unknown>) => ({
              ...before,
              at: step.stage,
              log: view.log ? undefined : true,
            })}
            className="text-sm"
          >
            {view.log ? "Smaller" : "Larger"}
          </TextLink>
        </>
      }
    >
      {problem !== undefined && source.total === undefined ? (
        <ProblemPage problem={problem} again={again} page={false} />
      ) : (
        <LogView
          source={source}
          live={live}
          label={`Log of ${step.stage}`}
          height={view.log ? 720 : 400}
          find={find}
          onFind={onFind}
          hits={hits}
          chosen={chosen}
          hrefOf={hrefOf}
          onChoose={onChoose}
          start={chosen ?? (live || source.isTail ? "end" : first)}
          downloadHref={logFilePath(name)}
        />
      )}
    </Panel>
  );
}

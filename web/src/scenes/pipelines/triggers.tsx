import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Icon } from "../../components/icons.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { removeTrigger, triggersQuery, type Trigger } from "../../data/automation.ts";
import { execute } from "../../data/executions.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";
import { scopeWords } from "./automation-words.ts";
import { RemoveButton } from "./remove-button.tsx";
import { ScheduledRuns } from "./scheduled-runs.tsx";
import { TriggerForm } from "./trigger-form.tsx";

/** What begins an execution from outside: a call of a webhook, or new data. */
export function Triggers({ project }: { project: string }) {
  const query = useQuery(triggersQuery(project));
  const refusal = useRefusal(project, "pipeline:run");
  const [isOpen, setIsOpen] = useState(false);
  const [made, setMade] = useState<{ trigger: Trigger; token: string }>();
  return (
    <section aria-labelledby="triggers">
      <div className="mb-3 flex items-center justify-between gap-4">
        <h2 id="triggers" className="text-base font-semibold">
          Triggers
        </h2>
        <Button icon="plus" refused={refusal} onClick={() => setIsOpen(true)}>
          New trigger
        </Button>
      </div>
      {made && (
        <div className="mb-4">
          <Notice
            tone="good"
            title={`The token of ${made.trigger.name}, shown this once`}
            actions={<Button onClick={() => setMade(undefined)}>I have kept it</Button>}
          >
            <p className="mb-2">Whoever has it may begin this trigger, and nothing else.</p>
            <CodeBlock code={callOf(made.trigger, made.token)} label="Call it" />
          </Notice>
        </div>
      )}
      <Answer query={query} skeleton={<Skeleton height={140} />}>
        {({ triggers }) =>
          triggers.length === 0 ? (
            <Panel>
              <EmptyState icon="serving" title="Nothing begins it from outside">
                <p>
                  A trigger runs the pipeline when another system calls it, or when a data set has a new
                  version.
                </p>
              </EmptyState>
            </Panel>
          ) : (
            <ul className="space-y-4">
              {triggers.map((trigger) => (
                <li key={trigger.id}>
                  <OneTrigger project={project} trigger={trigger} refusal={refusal} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {isOpen && (
        <TriggerForm
          project={project}
          onClose={() => setIsOpen(false)}
          onMade={({ trigger, token }) => token !== null && setMade({ trigger, token })}
        />
      )}
    </section>
  );
}

function OneTrigger({
  project,
  trigger,
  refusal,
}: {
  project: string;
  trigger: Trigger;
  refusal: string | undefined;
}) {
  const { name, kind, dataset, targets, parameters } = trigger;
  const remove = useOrder(() => removeTrigger(project, name), "The trigger is removed.");
  const run = useOrder(
    () => execute(project, { targets, parameters, reason: `trigger ${name}, begun by hand` }),
    "The pipeline was started.",
  );
  return (
    <article aria-label={`Trigger ${name}`} className="rounded-xl border border-line bg-panel px-5 py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h3 className="font-semibold">{name}</h3>
          <span className="inline-flex items-center gap-1.5 text-sm text-soft">
            <Icon name={kind === "data" ? "data" : "external"} size={14} />
            {kind === "data" ? `a new version of ${dataset ?? ""}` : "a call with its token"}
          </span>
        </div>
        <div className="flex flex-wrap gap-1.5">
          <Button icon="play" refused={refusal} busy={run.isPending} onClick={() => run.mutate(undefined)}>
            Run now
          </Button>
          <RemoveButton
            what={`the trigger ${name}`}
            refusal={refusal}
            busy={remove.isPending}
            onRemove={() => remove.mutate(undefined)}
          />
        </div>
      </div>
      <p className="mt-1 text-sm text-soft">Runs {scopeWords(targets, parameters)}.</p>
      <p className="text-xs text-faint">
        set by <Actor id={trigger.actor} /> <RelativeTime atMs={trigger.createdAtMs} />
      </p>
      <ScheduledRuns project={project} source={trigger.id} />
    </article>
  );
}

function callOf(trigger: Trigger, token: string): string {
  return `curl -X POST ${globalThis.location.origin}/api/v1/triggers/${trigger.id} \\
  -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
  -d '{"parameters": {}}'`;
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { dateTime } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { pauseSchedule, removeSchedule, schedulesQuery, type Schedule } from "../../data/automation.ts";
import { execute } from "../../data/executions.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";
import { scopeWords } from "./automation-words.ts";
import { RemoveButton } from "./remove-button.tsx";
import { ScheduleForm } from "./schedule-form.tsx";
import { ScheduledRuns } from "./scheduled-runs.tsx";

/** The times at which the pipeline runs by itself: the next turn, the last one and what came of it. */
export function Schedules({ project }: { project: string }) {
  const query = useQuery(schedulesQuery(project));
  const refusal = useRefusal(project, "pipeline:run");
  const [edited, setEdited] = useState<Schedule | "new">();
  return (
    <section aria-labelledby="schedules">
      <div className="mb-3 flex items-center justify-between gap-4">
        <h2 id="schedules" className="text-base font-semibold">
          Schedules
        </h2>
        <Button icon="plus" refused={refusal} onClick={() => setEdited("new")}>
          New schedule
        </Button>
      </div>
      <Answer query={query} skeleton={<Skeleton height={180} />}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <Panel>
              <EmptyState icon="clock" title="It runs when somebody asks">
                <p>A schedule runs the pipeline, or a part of it, at set times.</p>
              </EmptyState>
            </Panel>
          ) : (
            <ul className="space-y-4">
              {schedules.map((schedule) => (
                <li key={schedule.id}>
                  <OneSchedule
                    project={project}
                    schedule={schedule}
                    refusal={refusal}
                    onEdit={() => setEdited(schedule)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {edited !== undefined && (
        <ScheduleForm
          project={project}
          schedule={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
        />
      )}
    </section>
  );
}

function OneSchedule({
  project,
  schedule,
  refusal,
  onEdit,
}: {
  project: string;
  schedule: Schedule;
  refusal: string | undefined;
  onEdit: () => void;
}) {
  const { name, isPaused, targets, parameters } = schedule;
  const pause = useOrder(
    () => pauseSchedule(project, name, !isPaused),
    isPaused ? "The schedule goes on." : "The schedule is paused.",
  );
  const run = useOrder(
    () => execute(project, { targets, parameters, reason: `schedule ${name}, begun by hand` }),
    "The pipeline was started.",
  );
  const remove = useOrder(() => removeSchedule(project, name), "The schedule is removed.");
  return (
    <article aria-label={`Schedule ${name}`} className="rounded-xl border border-line bg-panel">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 pt-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h3 className="font-semibold">{name}</h3>
          <StateBadge state={isPaused ? "paused" : schedule.nextAtMs === null ? "stopped" : "active"} />
          <code className="font-mono text-xs">{schedule.cron}</code>
          <span className="text-sm text-faint">{schedule.timezone}</span>
        </div>
        <div className="flex flex-wrap gap-1.5">
          <Button icon="play" refused={refusal} busy={run.isPending} onClick={() => run.mutate(undefined)}>
            Run now
          </Button>
          <Button
            icon={isPaused ? "play" : "pause"}
            refused={refusal}
            busy={pause.isPending}
            onClick={() => pause.mutate(undefined)}
          >
            {isPaused ? "Resume" : "Pause"}
          </Button>
          <Button look="quiet" refused={refusal} onClick={onEdit}>
            Edit
          </Button>
          <RemoveButton
            what={`the schedule ${name}`}
            refusal={refusal}
            busy={remove.isPending}
            onRemove={() => remove.mutate(undefined)}
          />
        </div>
      </div>
      <div className="px-5 pt-1 pb-3">
        <KeyValueList
          columns={2}
          items={[
            {
              name: "Next",
              value:
                schedule.nextAtMs === null ? (
                  isPaused ? (
                    "when it goes on"
                  ) : (
                    "never again"
                  )
                ) : (
                  <>
                    <RelativeTime atMs={schedule.nextAtMs} />{" "}
                    <span className="text-faint">{dateTime(schedule.nextAtMs)}</span>
                  </>
                ),
            },
            { name: "Last", value: <LastTurn project={project} schedule={schedule} /> },
            { name: "Runs", value: scopeWords(targets, parameters) },
            {
              name: "Missed turns",
              value: { once: "the newest is made up for", all: "each is made up for", skip: "left out" }[
                schedule.missed
              ],
            },
            {
              name: "If one still runs",
              value: schedule.overlap === "skip" ? "the turn is left out" : "another runs beside it",
            },
            { name: "Set by", value: <Actor id={schedule.actor} /> },
          ]}
        />
        <ScheduledRuns project={project} source={schedule.id} />
      </div>
    </article>
  );
}

function LastTurn({ project, schedule }: { project: string; schedule: Schedule }) {
  const { lastAtMs, lastExecution, lastOutcome } = schedule;
  if (lastAtMs === null) return <>it had no turn yet</>;
  return (
    <>
      <RelativeTime atMs={lastAtMs} />
      {lastExecution && (
        <>
          {", "}
          <TextLink
            to="/projects/$project/executions/$execution"
            params={{ project, execution: lastExecution }}
          >
            its execution
          </TextLink>
        </>
      )}
      {lastOutcome && <span className="block text-soft">{lastOutcome}</span>}
    </>
  );
}

import { useState } from "react";
import { Choice, Field } from "../../components/field.tsx";
import { setSchedule, type Schedule } from "../../data/automation.ts";
import { toProblem } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { AutomationForm, useScope } from "./automation-form.tsx";

/** Sets a schedule, new or there already. What the server refuses stands at its field. */
export function ScheduleForm({ project, schedule, onClose }: ScheduleFormProps) {
  const [name, setName] = useState(schedule?.name ?? "");
  const [cron, setCron] = useState(schedule?.cron ?? "0 3 * * *");
  const [timezone, setTimezone] = useState(
    schedule?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  const [missed, setMissed] = useState<string>(schedule?.missed ?? "once");
  const [overlap, setOverlap] = useState<string>(schedule?.overlap ?? "skip");
  const scope = useScope(schedule);
  const order = useOrder(
    () =>
      setSchedule(project, {
        name: name.trim(),
        cron: cron.trim(),
        timezone: timezone.trim(),
        missed: missed === "all" || missed === "skip" ? missed : "once",
        overlap: overlap === "allow" ? "allow" : "skip",
        targets: scope.targets,
        parameters: scope.parameters,
      }),
    "The schedule is set.",
  );
  const refused = order.error ? toProblem(order.error) : undefined;
  const isReady = name.trim() !== "" && cron.trim() !== "";
  return (
    <AutomationForm
      title={schedule ? `Schedule ${schedule.name}` : "New schedule"}
      verb="Save"
      scope={scope}
      isReady={isReady}
      order={order}
      isSaidAtField={refused?.code === "schedule_invalid"}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        disabled={schedule !== undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <div>
        <Field
          label="When"
          hint="Five fields: minute, hour, day, month, weekday."
          problem={refused?.code === "schedule_invalid" ? refused.message : undefined}
          className="[&_input]:font-mono"
          value={cron}
          onChange={(event) => setCron(event.target.value)}
        />
        <div className="mt-2 flex flex-wrap gap-1.5">
          {usual.map(([words, expression]) => (
            <button
              key={expression}
              type="button"
              aria-pressed={cron.trim() === expression}
              onClick={() => setCron(expression)}
              className="inline-flex h-6 items-center rounded-full border border-line-strong px-2.5 text-xs text-soft hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-wash aria-pressed:text-accent-strong"
            >
              {words}
            </button>
          ))}
        </div>
      </div>
      <Field label="Time zone" value={timezone} onChange={(event) => setTimezone(event.target.value)} />
      <Choice
        label="Turns missed while no server ran"
        value={missed}
        onChange={setMissed}
        options={[
          { value: "once", label: "make up for the newest" },
          { value: "all", label: "make up for each" },
          { value: "skip", label: "leave out" },
        ]}
      />
      <Choice
        label="While an earlier turn still runs"
        value={overlap}
        onChange={setOverlap}
        options={[
          { value: "skip", label: "leave the turn out" },
          { value: "allow", label: "run beside it" },
        ]}
      />
    </AutomationForm>
  );
}

export interface ScheduleFormProps {
  project: string;
  schedule?: Schedule | undefined;
  onClose: () => void;
}

const usual = [
  ["every hour", "0 * * * *"],
  ["every day at 3", "0 3 * * *"],
  ["weekdays at 6", "0 6 * * 1-5"],
  ["Mondays at 3", "0 3 * * 1"],
  ["first of the month", "0 3 1 * *"],
] as const;

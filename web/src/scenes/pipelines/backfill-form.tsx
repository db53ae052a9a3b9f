import { useState } from "react";
import { Choice, Field, TextField } from "../../components/field.tsx";
import { startBackfill, type Backfill } from "../../data/backfills.ts";
import { useOrder } from "../../shell/use-order.ts";
import { AutomationForm, useScope } from "./automation-form.tsx";
import { linesOf } from "./automation-words.ts";

const steps = ["hour", "day", "week", "month"] as const;

/** Begins a backfill over dates from one to another, or over a list of values. */
export function BackfillForm({ project, onClose, onStarted }: BackfillFormProps) {
  const [parameter, setParameter] = useState("");
  const [kind, setKind] = useState<string>("range");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [step, setStep] = useState<string>("day");
  const [values, setValues] = useState("");
  const [concurrency, setConcurrency] = useState("2");
  const scope = useScope();
  const isRange = kind === "range";
  const order = useOrder(
    () =>
      startBackfill(project, {
        parameter: parameter.trim(),
        partitions: isRange
          ? { from, to, step: steps.find((each) => each === step) ?? "day" }
          : linesOf(values),
        targets: scope.targets,
        parameters: scope.parameters,
        concurrency: Math.max(1, Math.min(100, Number(concurrency) || 2)),
      }),
    "The backfill has begun.",
  );
  const hasPartitions = isRange ? from !== "" && to !== "" : linesOf(values).length > 0;
  const isReady = parameter.trim() !== "" && hasPartitions;
  return (
    <AutomationForm
      title="New backfill"
      verb="Begin"
      scope={scope}
      isReady={isReady}
      order={order}
      onClose={onClose}
      onDone={onStarted}
    >
      <Field
        label="Parameter"
        hint="The one that takes each value: a key of params.yaml, such as data.day"
        value={parameter}
        onChange={(event) => setParameter(event.target.value)}
      />
      <Choice
        label="Over"
        value={kind}
        onChange={setKind}
        options={[
          { value: "range", label: "dates from one to another" },
          { value: "values", label: "a list of values" },
        ]}
      />
      {isRange ? (
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="From" type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
          <Field label="To" type="date" value={to} onChange={(event) => setTo(event.target.value)} />
          <div className="flex items-end pb-0.5">
            <Choice
              label="Each"
              value={step}
              onChange={setStep}
              options={steps.map((value) => ({ value, label: value }))}
            />
          </div>
        </div>
      ) : (
        <TextField
          label="Values"
          hint="One a line, or between commas."
          value={values}
          onChange={(event) => setValues(event.target.value)}
        />
      )}
      <Field
        label="At once"
        hint="How many executions run beside each other, up to 100."
        type="number"
        min={1}
        max={100}
        value={concurrency}
        onChange={(event) => setConcurrency(event.target.value)}
      />
    </AutomationForm>
  );
}

export interface BackfillFormProps {
  project: string;
  onClose: () => void;
  onStarted: (backfill: Backfill) => void;
}

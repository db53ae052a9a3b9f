import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Choice, Field, TextField } from "../../components/field.tsx";
import { startBackfill, type Backfill } from "../../data/backfills.ts";
import { useOrder } from "../../shell/use-order.ts";
import { AutomationFields, linesOf } from "./automation-fields.tsx";
import { readParameters } from "./parameters-text.ts";
import { Refused } from "./refused.tsx";

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
  const [targets, setTargets] = useState("");
  const [parameters, setParameters] = useState("");
  const { parameters: read, problem } = readParameters(parameters);
  const isRange = kind === "range";
  const order = useOrder(
    () =>
      startBackfill(project, {
        parameter: parameter.trim(),
        partitions: isRange
          ? { from, to, step: steps.find((each) => each === step) ?? "day" }
          : linesOf(values),
        targets: linesOf(targets),
        parameters: read,
        concurrency: Math.max(1, Math.min(100, Number(concurrency) || 2)),
      }),
    "The backfill has begun.",
  );
  const hasPartitions = isRange ? from !== "" && to !== "" : linesOf(values).length > 0;
  const isReady = parameter.trim() !== "" && hasPartitions && problem === undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title="New backfill"
      actions={
        <Button
          look="primary"
          disabled={!isReady}
          busy={order.isPending}
          onClick={() =>
            isReady &&
            order.mutate(undefined, {
              onSuccess: (backfill) => {
                onClose();
                onStarted(backfill);
              },
            })
          }
        >
          Begin
        </Button>
      }
    >
      <div className="space-y-4">
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
        <AutomationFields
          targets={targets}
          parameters={parameters}
          problem={problem}
          onTargets={setTargets}
          onParameters={setParameters}
        />
        <Refused problem={order.error} />
      </div>
    </Dialog>
  );
}

export interface BackfillFormProps {
  project: string;
  onClose: () => void;
  onStarted: (backfill: Backfill) => void;
}

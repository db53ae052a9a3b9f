import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Choice, Field } from "../../components/field.tsx";
import { setTrigger, type Trigger } from "../../data/automation.ts";
import { useOrder } from "../../shell/use-order.ts";
import { AutomationFields, linesOf } from "./automation-fields.tsx";
import { Refused } from "./refused.tsx";
import { readParameters } from "./parameters-text.ts";

/** Sets a new trigger. The token of a webhook comes back once and is given on by `onMade`. */
export function TriggerForm({ project, onClose, onMade }: TriggerFormProps) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<string>("webhook");
  const [dataset, setDataset] = useState("");
  const [targets, setTargets] = useState("");
  const [parameters, setParameters] = useState("");
  const { parameters: read, problem } = readParameters(parameters);
  const isData = kind === "data";
  const order = useOrder(
    () =>
      setTrigger(project, {
        name: name.trim(),
        kind: isData ? "data" : "webhook",
        dataset: isData ? dataset.trim() : null,
        targets: linesOf(targets),
        parameters: read,
      }),
    "The trigger is set.",
  );
  const isReady = name.trim() !== "" && (!isData || dataset.trim() !== "") && problem === undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title="New trigger"
      actions={
        <Button
          look="primary"
          disabled={!isReady}
          busy={order.isPending}
          onClick={() =>
            isReady &&
            order.mutate(undefined, {
              onSuccess: (answer) => {
                onMade(answer);
                onClose();
              },
            })
          }
        >
          Save
        </Button>
      }
    >
      <div className="space-y-4">
        <Field label="Name" value={name} onChange={(event) => setName(event.target.value)} />
        <Choice
          label="Begins by"
          value={kind}
          onChange={setKind}
          options={[
            { value: "webhook", label: "a call with its token" },
            { value: "data", label: "a new version of a data set" },
          ]}
        />
        {isData && (
          <Field label="Data set" value={dataset} onChange={(event) => setDataset(event.target.value)} />
        )}
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

export interface TriggerFormProps {
  project: string;
  onClose: () => void;
  onMade: (answer: { trigger: Trigger; token: string | null }) => void;
}

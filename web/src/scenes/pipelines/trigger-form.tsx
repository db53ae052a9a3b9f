import { useState } from "react";
import { Choice, Field } from "../../components/field.tsx";
import { setTrigger, type Trigger } from "../../data/automation.ts";
import { useOrder } from "../../shell/use-order.ts";
import { AutomationForm, useScope } from "./automation-form.tsx";

/** Sets a new trigger. The token of a webhook comes back once and is given on by `onMade`. */
export function TriggerForm({ project, onClose, onMade }: TriggerFormProps) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<string>("webhook");
  const [dataset, setDataset] = useState("");
  const scope = useScope();
  const isData = kind === "data";
  const order = useOrder(
    () =>
      setTrigger(project, {
        name: name.trim(),
        kind: isData ? "data" : "webhook",
        dataset: isData ? dataset.trim() : null,
        targets: scope.targets,
        parameters: scope.parameters,
      }),
    "The trigger is set.",
  );
  const isReady = name.trim() !== "" && (!isData || dataset.trim() !== "");
  return (
    <AutomationForm
      title="New trigger"
      verb="Save"
      scope={scope}
      isReady={isReady}
      order={order}
      onClose={onClose}
      onDone={onMade}
    >
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
    </AutomationForm>
  );
}

export interface TriggerFormProps {
  project: string;
  onClose: () => void;
  onMade: (answer: { trigger: Trigger; token: string | null }) => void;
}

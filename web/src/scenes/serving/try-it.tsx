import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ErrorState } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { BarList } from "../../components/charts/bar-list.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Field, TextField } from "../../components/field.tsx";
import { share } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { ButtonLink, TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { predict, type Deployment, type InputValue, type Prediction } from "../../data/deployments.ts";
import type { ModelInput } from "../../data/models.ts";
import { toProblem } from "../../shell/answer.tsx";
import { useRefusal } from "../../shell/who.ts";

/** Sends a real prediction through the gateway, and shows the same call for a terminal. */
export function TryIt({ project, deployment, inputs }: TryItProps) {
  const refusal = useRefusal(project, "prediction:write");
  const [values, setValues] = useState<Record<string, string>>({});
  const order = useMutation({
    mutationFn: (row: Record<string, InputValue>) => predict(project, deployment.id, row),
  });
  const row = Object.fromEntries(
    inputs.flatMap((input) => {
      const text = values[input.name] ?? "";
      return text === "" ? [] : [[input.name, convert(text, input.datatype)]];
    }),
  );
  const send = (event: FormEvent) => {
    event.preventDefault();
    order.mutate(row);
  };
  const prediction = order.data?.predictions[0];
  return (
    <Panel title="Send a prediction" hint="a real one: it is logged like any other">
      <div className="grid gap-6 lg:grid-cols-2">
        <form onSubmit={send} className="space-y-4">
          {inputs.map((input) => (
            <InputField
              key={input.name}
              input={input}
              value={values[input.name] ?? ""}
              onChange={(value) => setValues((before) => ({ ...before, [input.name]: value }))}
            />
          ))}
          <Button type="submit" look="primary" icon="serving" refused={refusal} busy={order.isPending}>
            Predict
          </Button>
        </form>
        <div aria-live="polite" className="min-w-0">
          {order.error ? (
            <ErrorState title="The gateway refused" problem={toProblem(order.error)} />
          ) : prediction ? (
            <Result project={project} prediction={prediction} />
          ) : (
            <CodeBlock label="The same from a terminal" code={curl(deployment, inputs, row)} />
          )}
        </div>
      </div>
    </Panel>
  );
}

interface TryItProps {
  project: string;
  deployment: Deployment;
  inputs: readonly ModelInput[];
}

function InputField({
  input,
  value,
  onChange,
}: {
  input: ModelInput;
  value: string;
  onChange: (value: string) => void;
}) {
  const label = input.optional ? `${input.name} (optional)` : input.name;
  if (input.datatype !== "BYTES") {
    return (
      <Field
        label={label}
        hint={input.datatype === "BOOL" ? "true or false" : "a number"}
        inputMode="decimal"
        required={!input.optional}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <TextField
      label={label}
      rows={/text|message|body/.test(input.name) ? 3 : 1}
      required={!input.optional}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function Result({ project, prediction }: { project: string; prediction: Prediction }) {
  const probabilities = Object.entries(prediction.probabilities)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => b.value - a.value);
  return (
    <div>
      <p className="text-sm text-faint">Answer</p>
      <p className="mb-4 text-2xl font-semibold">{prediction.label}</p>
      <BarList label="Probabilities" items={probabilities} format={(part) => share(part)} />
      <div className="mt-4">
        <KeyValueList
          items={[
            { name: "Decision", value: prediction.decision ? "yes" : "no" },
            {
              name: "Release",
              value: (
                <TextLink
                  to="/projects/$project/releases/$release"
                  params={{ project, release: prediction.releaseId }}
                >
                  {prediction.releaseId}
                </TextLink>
              ),
            },
          ]}
        />
      </div>
      <div className="mt-4 space-y-3">
        <ButtonLink
          to="/projects/$project/predictions/$prediction"
          params={{ project, prediction: prediction.predictionId }}
          icon="search"
        >
          See where it came from
        </ButtonLink>
        <CodeBlock label="The same from a terminal" code={`gyre trace ${prediction.predictionId}`} />
      </div>
    </div>
  );
}

function curl(
  deployment: Deployment,
  inputs: readonly ModelInput[],
  row: Record<string, InputValue>,
): string {
  const asked = inputs.filter((input) => !input.optional || row[input.name] !== undefined);
  const body = {
    inputs: asked.map((input) => ({
      name: input.name,
      datatype: input.datatype,
      shape: [1],
      data: [row[input.name] ?? example(input.datatype)],
    })),
  };
  const quoted = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -s ${deployment.endpoint} \\\n  -H 'content-type: application/json' \\\n  -d '${quoted}'`;
}

function example(datatype: ModelInput["datatype"]): InputValue {
  return datatype === "BYTES" ? "…" : datatype === "BOOL" ? false : 0;
}

function convert(text: string, datatype: ModelInput["datatype"]): InputValue {
  if (datatype === "BYTES") return text;
  if (datatype === "BOOL") return text.trim() === "true";
  return Number(text);
}

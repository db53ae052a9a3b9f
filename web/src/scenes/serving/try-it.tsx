import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "../../components/button.tsx";
import { BarList } from "../../components/charts/bar-list.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Field, TextField } from "../../components/field.tsx";
import { plain, share } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { Panel } from "../../components/panel.tsx";
import { predict, type Deployment, type Prediction } from "../../data/deployments.ts";
import { ErrorState } from "../../components/answers.tsx";
import { toProblem } from "../../shell/answer.tsx";

/** Sends a real prediction through the gateway, and shows the same call for a terminal. */
export function TryIt({ project, deployment }: { project: string; deployment: Deployment }) {
  const inputs = deployment.inputs ?? [{ name: "text", datatype: "BYTES" }];
  const [values, setValues] = useState<Record<string, string>>({});
  const order = useMutation({
    mutationFn: (body: Record<string, unknown>) => predict(project, deployment.id, body),
  });
  const typed = Object.fromEntries(
    inputs
      .filter((input) => values[input.name])
      .map((input) => [input.name, convert(values[input.name] ?? "", input.datatype)]),
  );
  const send = (event: FormEvent) => {
    event.preventDefault();
    order.mutate(typed);
  };
  return (
    <Panel title="Send a prediction" hint="a real one: it is logged like any other">
      <div className="grid gap-6 lg:grid-cols-2">
        <form onSubmit={send} className="space-y-4">
          {inputs.map((input) => {
            const shared = {
              label: input.optional ? `${input.name} (optional)` : input.name,
              required: !input.optional,
              value: values[input.name] ?? "",
            };
            const change = (value: string) => setValues((before) => ({ ...before, [input.name]: value }));
            return input.datatype === "BYTES" ? (
              <TextField
                key={input.name}
                {...shared}
                rows={input.name.includes("text") ? 3 : 1}
                onChange={(event) => change(event.target.value)}
              />
            ) : (
              <Field
                key={input.name}
                {...shared}
                inputMode="decimal"
                onChange={(event) => change(event.target.value)}
                hint={input.datatype}
              />
            );
          })}
          <Button type="submit" look="primary" icon="serving" busy={order.isPending}>
            Predict
          </Button>
        </form>
        <div aria-live="polite" className="min-w-0">
          {order.error ? (
            <ErrorState title="The gateway refused" problem={toProblem(order.error)} />
          ) : order.data ? (
            <Result prediction={order.data} />
          ) : (
            <CodeBlock label="The same from a terminal" code={curl(deployment, inputs, typed)} />
          )}
        </div>
      </div>
    </Panel>
  );
}

function Result({ prediction }: { prediction: Prediction }) {
  const value = (name: string) => prediction.outputs.find((output) => output.name === name)?.data[0];
  const probabilities = prediction.outputs.flatMap((output) =>
    output.name.startsWith("probability_") && typeof output.data[0] === "number"
      ? [{ name: output.name.replace("probability_", ""), value: output.data[0] }]
      : [],
  );
  const others = prediction.outputs.filter(
    (output) => !output.name.startsWith("probability_") && output.name !== "label",
  );
  const id = prediction.parameters?.prediction_id ?? prediction.parameters?.prediction_ids?.[0];
  return (
    <div>
      <p className="text-sm text-faint">Answer</p>
      <p className="mb-4 text-2xl font-semibold">{plain(value("label") ?? prediction.outputs[0]?.data[0])}</p>
      {probabilities.length > 0 && (
        <BarList
          label="Probabilities"
          items={probabilities.toSorted((a, b) => b.value - a.value)}
          format={(part) => share(part)}
        />
      )}
      <div className="mt-4">
        <KeyValueList
          items={[
            ...others.map((output) => ({ name: output.name, value: plain(output.data[0]) })),
            { name: "Model version", value: prediction.parameters?.model_version },
            {
              name: "Prediction",
              value: id ? <code className="font-mono text-xs break-all">{id}</code> : undefined,
            },
          ]}
        />
      </div>
      {id && (
        <div className="mt-3">
          <CodeBlock label="Where it came from" code={`gyre trace ${id}`} />
        </div>
      )}
    </div>
  );
}

function curl(
  deployment: Deployment,
  inputs: readonly { name: string; datatype: string }[],
  typed: Record<string, unknown>,
): string {
  const body = {
    inputs: inputs.map((input) => ({
      name: input.name,
      datatype: input.datatype,
      shape: [1],
      data: [typed[input.name] ?? example(input.datatype)],
    })),
  };
  return `curl -s ${deployment.endpoint} \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
}

function example(datatype: string): string | number | boolean {
  return datatype === "BYTES" ? "…" : datatype === "BOOL" ? false : 0;
}

function convert(text: string, datatype: string): string | number | boolean {
  if (datatype === "BYTES") return text;
  if (datatype === "BOOL") return text.trim() === "true";
  return Number(text);
}

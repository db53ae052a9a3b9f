import { Document, Scalar, visit } from "yaml";

import type { ExportedFile, ExportedPipeline } from "./entities.ts";
import { stageClient } from "./stage-client.ts";
import { lettersAndDigits, taskNames } from "./task-names.ts";

// Any image with Python 3 will do: the program needs the standard library alone.
const image = "python:3.13-alpine";
// What Argo's validator allows in the name of a task.
const longestName = 128;

/** A workflow for Argo 3: one pod a stage, which waits while Gyre works. */
export function toArgo({ project, url, stages }: ExportedPipeline): ExportedFile {
  const names = taskNames(
    stages.map(({ name }) => name),
    { forbidden: lettersAndDigits, joiner: "-", longest: longestName, beforeDigit: "stage-" },
  );
  const workflow = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Workflow",
    metadata: { generateName: `${resourceName(project)}-` },
    spec: {
      entrypoint: "pipeline",
      arguments: {
        parameters: [
          { name: "url", value: url, description: "where the workflow reaches Gyre" },
          { name: "parameters", value: "{}", description: "JSON: values of params.yaml for this run" },
        ],
      },
      templates: [
        {
          name: "pipeline",
          dag: {
            tasks: stages.map(({ name, dependsOn }) => ({
              name: names.get(name),
              template: "stage",
              arguments: { parameters: [{ name: "stage", value: withoutBraces(name) }] },
              dependencies: dependsOn.flatMap((before) => names.get(before) ?? []),
            })),
          },
        },
        stageTemplate(project, url),
      ],
    },
  };
  const head = `# The pipeline of ${project}: each task runs a stage at Gyre and waits for its end.\n# Made by: gyre export argo. A token, where one is needed, is the key token of the secret gyre.\n`;
  return { file: `${project}-workflow.yaml`, text: head + writeYaml(workflow) };
}

/**
 * Every text of one line is quoted: which plain ones are a number or a truth depends on who reads. Argo's
 * reader takes the stages `yes`, `1_000` and `0o17` for such.
 */
function writeYaml(workflow: object): string {
  const document = new Document(workflow);
  visit(document, {
    Scalar(place, scalar) {
      if (place === "key" || typeof scalar.value !== "string" || scalar.value.includes("\n")) return;
      scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function stageTemplate(project: string, url: string): object {
  const main = `

if __name__ == "__main__":
    run_stage(
        os.environ["GYRE_PROJECT"],
        urllib.parse.unquote(os.environ["GYRE_STAGE"]),
        os.environ["GYRE_KEY"],
        json.loads(os.environ["GYRE_PARAMETERS"]),
    )
`;
  return {
    name: "stage",
    inputs: { parameters: [{ name: "stage" }] },
    // Of a pod that was lost the next one finds the execution it had begun; a stage that failed has failed.
    retryStrategy: { limit: "5", retryPolicy: "OnError" },
    script: {
      image,
      command: ["python"],
      env: [
        { name: "GYRE_URL", value: "{{workflow.parameters.url}}" },
        { name: "GYRE_PROJECT", value: project },
        { name: "GYRE_STAGE", value: "{{inputs.parameters.stage}}" },
        { name: "GYRE_KEY", value: "argo:{{workflow.uid}}:{{inputs.parameters.stage}}" },
        { name: "GYRE_PARAMETERS", value: "{{workflow.parameters.parameters}}" },
        {
          name: "GYRE_TOKEN",
          valueFrom: { secretKeyRef: { name: "gyre", key: "token", optional: true } },
        },
      ],
      source: `${stageClient(url).trimEnd()}\n${main}`,
    },
  };
}

/** Argo fills in what stands in double braces, wherever it stands; the program in the pod turns this back. */
function withoutBraces(stage: string): string {
  return stage.replaceAll(/[%{}]/g, encodeURIComponent);
}

/** Kubernetes wants lower case, and a letter or digit at both ends. */
function resourceName(project: string): string {
  const name = project.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return name.replaceAll(/^-+|-+$/g, "").slice(0, 40) || "pipeline";
}

import type { Flow, FlowParameter } from "./flow.ts";

/** A stage that runs a flow, and the values of its parameters. */
export interface FlowStage {
  readonly name: string;
  readonly definition: {
    readonly cmd: readonly string[];
    readonly desc: string;
    readonly deps: readonly string[];
    readonly params?: readonly string[];
    readonly outs: readonly string[];
    readonly metrics: readonly Readonly<Record<string, { readonly cache: boolean }>>[];
  };
  /** What goes into params.yaml under the name of the stage. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What a person still has to know or do. */
  readonly remarks: readonly string[];
}

// Metaflow wants to know who runs it, and a step has no user.
const who = "METAFLOW_USER=${USER:-gyre}";

/**
 * The stage of a flow, by Metaflow's own commands alone, so that DVC runs it too. Parameters are a mapping
 * in params.yaml that becomes the flow's options. Results: the artifacts of the step `end` in one pickle, as
 * `dump` writes them, and those of them that are numbers as metrics.
 */
export function stageOfFlow(path: string, flow: Flow, stage?: string): FlowStage {
  const name = stage ?? snakeCase(flow.name);
  const parameters = flow.parameters.filter(isKept);
  const runFile = `.${name}.run`;
  const [artifacts, metrics] = [`${name}.pkl`, `${name}.metrics.json`];
  const options = parameters.length === 0 ? "" : ` \${${name}}`;
  const user = who.replace("${", "\\${");
  return {
    name,
    definition: {
      cmd: [
        `${user} python ${path} run${options} --run-id-file ${runFile}`,
        `${user} python ${path} dump $(cat ${runFile})/end --file ${artifacts}`,
        `${user} python -c '${numbersProgram(flow.name, runFile, metrics)}'`,
      ],
      desc: `The Metaflow flow ${flow.name}: ${flow.steps.join(", ")}`,
      deps: [path, ...flow.imports, ...includedFiles(parameters)],
      ...(parameters.length === 0 ? {} : { params: [name] }),
      outs: [artifacts],
      metrics: [{ [metrics]: { cache: false } }],
    },
    parameters: Object.fromEntries(parameters.map((one) => [one.name, optionValue(one)])),
    remarks: remarksOf(name, flow.parameters),
  };
}

/** Without quotes of its own kind, for it stands between single ones. */
function numbersProgram(flow: string, runFile: string, metrics: string): string {
  return [
    "import json",
    "from metaflow import Flow, namespace",
    "namespace(None)",
    `run = Flow("${flow}")[open("${runFile}").read().strip()]`,
    "numbers = {a.id: a.data for a in run.end_task if type(a.data) in (int, float)}",
    `json.dump(numbers, open("${metrics}", "w"), indent=1, sort_keys=True)`,
  ].join("; ");
}

/** What has no value in the file keeps the one Metaflow computes. */
function isKept({ hasDefault, isPlain, isRequired }: FlowParameter): boolean {
  return isRequired || (hasDefault && isPlain);
}

/** As Metaflow's command line takes it: a truth is a word, a structure is JSON. */
function optionValue({ default: value, type }: FlowParameter): unknown {
  if (type === "bool" || typeof value === "boolean") return value === true ? "True" : "False";
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : value;
}

function includedFiles(parameters: readonly FlowParameter[]): readonly string[] {
  return parameters.flatMap(({ kind, default: value }) =>
    kind === "IncludeFile" && typeof value === "string" && value !== "" ? [value] : [],
  );
}

function remarksOf(name: string, parameters: readonly FlowParameter[]): readonly string[] {
  return parameters.flatMap((one) => {
    if (one.isRequired && !one.hasDefault) return [`Give ${name}.${one.name} a value in params.yaml.`];
    if (one.hasDefault && !one.isPlain) return [`${one.name} keeps the default that the flow computes.`];
    return [];
  });
}

function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
}

import { z } from "zod";

import { path } from "./client.ts";
import type { Client } from "./client.ts";
import { executionSchema } from "./executions.ts";
import type { Execution } from "./executions.ts";
import { requireVersion } from "./reference.ts";
import { runSchema } from "./runs.ts";
import { shortId } from "./words.ts";

/** Something that can be compared: what went in, and what came out. */
export interface Subject {
  readonly label: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly data: Readonly<Record<string, string>>;
  readonly code: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads a model version (`name@3`), an execution (`exe_…`) or a run (anything else). */
export async function readSubject(client: Client, project: string, text: string): Promise<Subject> {
  if (text.includes("@")) return await readVersion(client, project, text);
  if (/^[a-z]+_/.test(text)) return subjectOfExecution(await readExecution(client, project, text));
  return await readRun(client, project, text);
}

const versionSchema = z.object({
  version: z.looseObject({
    model: z.string(),
    number: z.number(),
    digest: z.string(),
    metrics: z.record(z.string(), z.number().nullable()),
    origin: z.looseObject({
      runId: z.string().nullable(),
      codeDigest: z.string().nullable(),
      environmentDigest: z.string().nullable(),
      datasetVersions: z.record(z.string(), z.string()),
      parameters: z.record(z.string(), z.unknown()),
    }),
  }),
});

async function readVersion(client: Client, project: string, text: string): Promise<Subject> {
  const { name, version: number } = requireVersion(text);
  const address = path`/api/v1/projects/${project}/models/${name}/versions/${number}`;
  const { version } = await client.get(address, versionSchema);
  const { origin } = version;
  const run = origin.runId === null ? undefined : await getRun(client, project, origin.runId);
  return {
    label: `${version.model}@${version.number}`,
    parameters: { ...run?.params, ...textsOf(origin.parameters) },
    metrics: { ...run?.metrics, ...version.metrics },
    data: origin.datasetVersions,
    code: digests({ code: origin.codeDigest, files: version.digest }),
    environment: digests({ environment: origin.environmentDigest }),
  };
}

async function readRun(client: Client, project: string, id: string): Promise<Subject> {
  const run = await getRun(client, project, id);
  const execution = run.tags["gyre.execution"];
  const made =
    execution === undefined ? undefined : subjectOfExecution(await readExecution(client, project, execution));
  return {
    label: `${run.name || "run"} ${shortId(run.id)}`,
    parameters: { ...made?.parameters, ...run.params },
    metrics: run.metrics,
    data: { ...made?.data, ...Object.fromEntries(run.inputs.map(({ name, digest }) => [name, digest])) },
    code: { ...made?.code, ...tagsOf(run.tags, /^mlflow\.source\.(git\.commit|name)$/) },
    environment: made?.environment ?? {},
  };
}

async function getRun(client: Client, project: string, id: string): Promise<z.infer<typeof runSchema>> {
  return await client.get(path`/api/v1/projects/${project}/runs/${id}`, runSchema);
}

async function readExecution(client: Client, project: string, id: string): Promise<Execution> {
  return await client.get(path`/api/v1/projects/${project}/executions/${id}`, executionSchema);
}

function subjectOfExecution(execution: Execution): Subject {
  return {
    label: execution.id,
    parameters: textsOf(execution.parameters),
    metrics: Object.fromEntries(execution.steps.flatMap(({ metrics }) => Object.entries(metrics))),
    data: execution.datasetVersions,
    code: digests({ code: execution.codeDigest }),
    environment: digests({ environment: execution.environmentDigest }),
  };
}

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

function digests(named: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, digest]) => (digest === null ? [] : [[name, shortId(digest)]])),
  );
}

function tagsOf(tags: Readonly<Record<string, string>>, pattern: RegExp): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => pattern.test(name)));
}

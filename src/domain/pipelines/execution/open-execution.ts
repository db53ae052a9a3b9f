import { join } from "node:path";

import { readTree } from "#kernel/blobs";

import { readEnvironmentFile } from "#compute";
import type { Environment } from "#compute";

import { readOverrides } from "../planning/overrides.ts";
import { filesOfTree } from "../planning/plan.ts";
import type { PipelineProject } from "../ports.ts";
import { setEnvironment } from "../store/executions.ts";
import type { ExecutionPlan } from "../store/plans.ts";
import type { ExecutionRow, StepRow } from "../store/schema.ts";
import { outsOf, stageOf } from "../store/steps.ts";
import { openSteps } from "./open-steps.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";
import { createSurroundings } from "./surroundings.ts";
import { createPreemptions } from "./preemptions.ts";
import { createWorkspace } from "./workspace.ts";

type Control = Pick<OpenExecution, "cancelled" | "signal" | "stopping" | "write">;

/** Makes ready what an execution works with: its plan, its folder, its environment, from wherever it was left. */
export async function openExecution(
  parts: ExecutionParts,
  row: ExecutionRow,
  rows: readonly StepRow[],
  control: Control,
): Promise<OpenExecution> {
  const project = await parts.projects.getProject(row.project);
  const code = await readTree(parts.blobs, row.code_digest);
  const parameters: Record<string, unknown> = JSON.parse(row.parameters);
  const files = filesOfTree(parts.blobs, { project, code, parameters });
  const texts = new Map<string, string>();
  for (const file of readOverrides(parameters, project.pipeline.file).keys()) {
    texts.set(file, (await files.readText(file)) ?? "");
  }
  const plan = await planOf(parts, row, rows);
  const workspace = createWorkspace(parts.blobs, join(parts.executionsFolder, row.id), {
    code,
    texts,
    datasets: await parts.datasets.resolve(row.project, JSON.parse(row.dataset_versions)),
    after: (place) => plan.steps[place]?.after ?? [],
  });
  for (const step of rows) await workspace.addOuts(step.position, outsOf(step));
  const environment = await prepareEnvironment(parts, row, project, workspace.readText, control.signal);
  if (environment !== null) await control.write(() => setEnvironment(parts.db, row.id, environment.digest));
  return {
    id: row.id,
    project: row.project,
    actor: row.actor,
    plan,
    steps: openSteps(row, plan, rows),
    preemptions: createPreemptions(),
    workspace,
    environment,
    surroundings: createSurroundings(parts, {
      python: project.python,
      here: environment?.digest ?? null,
      readText: workspace.readText,
    }),
    ...control,
  };
}

/** An execution older than plans has rows for all of its steps, from which its plan follows. */
async function planOf(
  parts: ExecutionParts,
  row: ExecutionRow,
  rows: readonly StepRow[],
): Promise<ExecutionPlan> {
  if (row.plan_digest !== null) return await parts.plans.read(row.plan_digest);
  const places = new Map(rows.map((step) => [step.stage, step.position]));
  return {
    digest: "",
    steps: rows.map((step) => {
      const names: readonly string[] = JSON.parse(step.depends_on);
      return { stage: stageOf(step), after: names.flatMap((name) => places.get(name) ?? []) };
    }),
  };
}

async function prepareEnvironment(
  parts: ExecutionParts,
  row: ExecutionRow,
  { python }: PipelineProject,
  readText: (path: string) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<Environment | null> {
  if (python === null) return null;
  let written = Promise.resolve();
  const environment = await parts.compute.ensureEnvironment({
    ...(await readEnvironmentFile(python.requirements, readText)),
    pythonVersion: python.version,
    signal,
    onOutput: (line) => {
      written = written.then(() => parts.logs.append(row.id, "environment", `${line}\n`)).catch(() => {});
    },
  });
  await written;
  return environment;
}

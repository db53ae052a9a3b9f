import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { requireSoundProject } from "../check-project.ts";
import { path } from "../client.ts";
import type { Client } from "../client.ts";
import { executionSchema } from "../executions.ts";
import type { Execution, Step } from "../executions.ts";
import { followExecution } from "../follow-execution.ts";
import { printPage } from "../listing.ts";
import { parseParameters } from "../parameters.ts";
import { problems } from "../problems.ts";
import { findProjectFolder, projectOf, requireProjectFolder } from "../project.ts";
import { addServerVerb } from "../server-verb.ts";
import { onInterruption } from "../stop-signal.ts";
import { tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { durationText, numberText } from "../words.ts";

const optionsSchema = z.object({
  param: z.array(z.string()).default([]),
  reason: z.string().optional(),
  pull: z.boolean().default(false),
  wait: z.boolean().default(true),
});

export function registerRun(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "run [stages...]",
    summary: "run the pipeline, or the part of it that makes the stages named",
    arguments: { stages: "stages of dvc.yaml; all of them when none is named" },
    examples: [
      ["gyre run", "everything that changed; the rest comes from the cache"],
      ["gyre run train -p train.minimum_messages=3", "up to one stage, with another parameter"],
      ["gyre run --pull", "and copy metrics and plots into this folder"],
      ["gyre run --no-wait --json", "start it and go on; the id is in the answer"],
    ],
    options: [
      {
        flags: "-p, --param <key=value>",
        says: "a value of params.yaml for this run only (file:key=value for another file); may be repeated",
        isRepeated: true,
      },
      { flags: "--reason <text>", says: "why; kept with the run" },
      { flags: "--pull", says: "copy the metrics and plots into the project's folder at the end" },
      { flags: "--wait", says: "wait for the end, as without it" },
      { flags: "--no-wait", says: "do not wait for the end" },
    ],
    schema: optionsSchema,
    async act({ client, project, words, options }) {
      await refuseMistakes(project);
      const started = await client.send(
        "POST",
        path`/api/v1/projects/${project}/executions`,
        executionSchema,
        {
          targets: words,
          parameters: parseParameters(options.param),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        },
      );
      terminal.say(`Started ${started.id}.`);
      if (!options.wait) return printPage(terminal, started, [started.id]);
      const address = path`/api/v1/projects/${project}/executions/${started.id}`;
      await follow(client, address, started, terminal);
      const execution = await client.get(address, executionSchema);
      printPage(terminal, execution, summaryLines(execution));
      if (options.pull) await pull(client, address, execution, terminal);
      refuseFailure(execution);
    },
  });
}

/** Ctrl-C cancels the run; a second one ends this command and leaves it to the server. */
async function follow(client: Client, address: string, { id }: Execution, terminal: Terminal): Promise<void> {
  const stopListening = onInterruption(["SIGINT", "SIGTERM"], () => {
    terminal.say(`Cancelling ${id}; once more leaves it running and ends this command.`);
    // What comes of it is told by the run itself.
    client.send("POST", `${address}/cancel`, z.unknown()).catch(() => {});
  });
  try {
    await followExecution(client, address, terminal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== problems.server_not_running.code) throw error;
    throw new Problem(problems.server_not_running, {
      message: `The server stopped while ${id} was running; the stages that had finished are kept.`,
      next: "Start it again with: gyre up (the run goes on by itself; gyre runs shows it)",
      cause: error,
    });
  } finally {
    stopListening();
  }
}

/** What is wrong in the files at hand is told before anything runs on what the server knew before. */
async function refuseMistakes(project: string): Promise<void> {
  const folder = findProjectFolder();
  if (folder !== undefined && (projectOf(folder) ?? project) === project) await requireSoundProject(folder);
}

function summaryLines(execution: Execution): readonly string[] {
  const table = tableLines(execution.steps, [
    { title: "stage", of: ({ stage }) => stage },
    { title: "result", of: ({ state }) => state },
    { title: "took", of: tookText, isNumber: true },
    { title: "why", of: ({ reason }) => reason },
  ]);
  const metrics = execution.steps.flatMap(({ metrics: found }) =>
    Object.entries(found).map(([name, value]) => `${name} ${numberText(value)}`),
  );
  return [...table, ...(metrics.length === 0 ? [] : ["", `Metrics: ${metrics.slice(0, 8).join(", ")}`])];
}

function tookText({ startedAtMs, endedAtMs }: Step): string {
  return startedAtMs === null || endedAtMs === null ? "-" : durationText(endedAtMs - startedAtMs);
}

/** What a pipeline reports is small and belongs into the repository; what it produces stays in the store. */
async function pull(
  client: Client,
  address: string,
  execution: Execution,
  terminal: Terminal,
): Promise<void> {
  const folder = requireProjectFolder();
  const reports = execution.steps.flatMap(({ outs }) =>
    outs.filter((out) => out.kind !== "out" && !out.isFolder),
  );
  for (const report of reports) {
    const bytes = await client.download(
      `${address}/outputs/${report.path.split("/").map(encodeURIComponent).join("/")}`,
    );
    const target = join(folder, report.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
    terminal.say(`Copied ${report.path}.`);
  }
}

function refuseFailure(execution: Execution): void {
  if (execution.state === "succeeded") return;
  if (execution.state === "cancelled") {
    throw new Problem(problems.execution_cancelled, { message: `The run ${execution.id} was cancelled.` });
  }
  const failed = execution.steps.find(({ state }) => state === "failed");
  const lastLines = (failed?.lastLines ?? []).map((line) => `  | ${line}`);
  const failure = failed?.failure ?? execution.failure;
  const what =
    failed === undefined ? `The run ${execution.id} failed.` : `The stage "${failed.stage}" failed.`;
  // Before any step ran: an environment that could not be built, an input that went missing.
  if (failed === undefined && failure !== null) {
    const { code, message, next } = failure;
    throw new Problem({ code, kind: "failed", when: "The pipeline could not begin.", next }, { message });
  }
  throw new Problem(problems.execution_failed, {
    message: [failure?.message ?? what, ...lastLines].join("\n"),
    ...(failure === null ? {} : { next: failure.next }),
    data: { execution: execution.id, stage: failed?.stage ?? null, lastLines: failed?.lastLines ?? [] },
  });
}

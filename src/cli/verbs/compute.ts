import type { Command } from "commander";
import { z } from "zod";

import { filterRows } from "../filter.ts";
import { printRows, whereOption } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { sizeText } from "../words.ts";

const targetSchema = z.looseObject({
  name: z.string(),
  kind: z.string(),
  isAvailable: z.boolean(),
  problem: z.string(),
  version: z.string().nullable(),
  largest: z.object({ cpus: z.number(), memoryBytes: z.number(), gpus: z.number() }).nullable(),
  running: z.number(),
  queued: z.number(),
});
const workSchema = z.looseObject({
  id: z.string(),
  target: z.string(),
  project: z.string(),
  label: z.string(),
  state: z.string(),
  position: z.number().nullable(),
  reason: z.string(),
});
const answerSchema = z.object({ targets: z.array(targetSchema), work: z.array(workSchema) });

export function registerCompute(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "compute",
    summary: "list where stages run: this machine and clusters, or with --work what runs and waits there",
    examples: [
      ["gyre compute", "the compute targets, and whether they answer"],
      ["gyre compute --work", "what runs there, what waits, and for what"],
    ],
    options: [{ flags: "--work", says: "the work instead of the targets" }, whereOption],
    schema: z.object({ work: z.boolean().default(false), where: z.array(z.string()).default([]) }),
    async act({ client, options }) {
      const { targets, work } = await client.get("/api/v1/compute", answerSchema);
      if (options.work) printWork(terminal, work, options.where);
      else printTargets(terminal, targets, options.where);
    },
  });
}

function printTargets(
  terminal: Terminal,
  targets: readonly z.infer<typeof targetSchema>[],
  where: readonly string[],
): void {
  const rows = filterRows(targets, where, { name: ({ name }) => name, kind: ({ kind }) => kind });
  printRows(
    terminal,
    rows,
    [
      { title: "target", of: ({ name }) => name },
      { title: "kind", of: ({ kind }) => kind },
      { title: "running", of: ({ running }) => String(running), isNumber: true },
      { title: "queued", of: ({ queued }) => String(queued), isNumber: true },
      {
        title: "largest machine",
        of: ({ largest }) =>
          largest === null
            ? "-"
            : `${largest.cpus} CPUs, ${sizeText(largest.memoryBytes)}, ${largest.gpus} GPUs`,
      },
      {
        title: "answers",
        of: ({ isAvailable, version, problem }) => (isAvailable ? (version ?? "yes") : problem),
      },
    ],
    "There is no compute target.",
  );
}

function printWork(
  terminal: Terminal,
  work: readonly z.infer<typeof workSchema>[],
  where: readonly string[],
): void {
  const rows = filterRows(work, where, {
    target: ({ target }) => target,
    state: ({ state }) => state,
    project: ({ project }) => project,
    stage: ({ label }) => label,
  });
  printRows(
    terminal,
    rows,
    [
      { title: "work", of: ({ id }) => id },
      { title: "target", of: ({ target }) => target },
      { title: "stage", of: ({ label }) => label },
      {
        title: "state",
        of: ({ state, position }) => (position === null ? state : `${state}, ${position}. in line`),
      },
      { title: "reason", of: ({ reason }) => reason },
    ],
    "Nothing runs or waits at a compute target.",
  );
}

import { setTimeout as sleep } from "node:timers/promises";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import { exampleText } from "../help.ts";
import { printPage, printRows, section } from "../listing.ts";
import { parseParameters } from "../parameters.ts";
import { problems } from "../problems.ts";
import { addServerVerb } from "../server-verb.ts";
import { tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { timeText } from "../words.ts";

const backfillSchema = z.looseObject({
  id: z.string(),
  parameter: z.string(),
  state: z.string(),
  createdAtMs: z.number(),
  counts: z.record(z.string(), z.number()),
  partitions: z.array(
    z.looseObject({
      value: z.string(),
      state: z.string(),
      execution: z.string().nullable(),
      failure: z.string().nullable(),
    }),
  ),
});
type Backfill = z.infer<typeof backfillSchema>;

const lookEveryMs = 1_000;

export function registerBackfill(program: Command, terminal: Terminal): void {
  const group = program
    .command("backfill")
    .description("run the pipeline for many values of one parameter")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre backfill", "what ran for which partitions"],
        ["gyre backfill start day --from 2026-01-01 --to 2026-01-31", "a run for each day"],
      ]),
    )
    .copyInheritedSettings(program);
  addServerVerb(group, terminal, {
    usage: "list",
    summary: "list the backfills with their progress",
    isDefault: true,
    examples: [["gyre backfill", "what ran for which partitions"]],
    schema: z.object({}),
    async act({ client, project }) {
      const address = path`/api/v1/projects/${project}/backfills`;
      const { backfills } = await client.get(address, z.object({ backfills: z.array(backfillSchema) }));
      printRows(
        terminal,
        backfills,
        [
          { title: "backfill", of: ({ id }) => id },
          { title: "parameter", of: ({ parameter }) => parameter },
          { title: "state", of: ({ state }) => state },
          { title: "progress", of: progressText },
          { title: "begun", of: ({ createdAtMs }) => timeText(createdAtMs) },
        ],
        "There is no backfill; start one with: gyre backfill start day --from 2026-01-01 --to 2026-01-31",
      );
    },
  });
  addServerVerb(group, terminal, {
    usage: "start <parameter> [stages...]",
    summary: "one run for each date of a range, or for each value of a list",
    arguments: {
      parameter: "a key of params.yaml (file:key for another file)",
      stages: "the stages to make; all of them when none is named",
    },
    examples: [
      ["gyre backfill start day --from 2026-01-01 --to 2026-01-31", "a run for each day of January"],
      ["gyre backfill start country --values de,fr,it train", "one stage, for three countries"],
      [
        "gyre backfill start day --from 2025-01 --to 2025-12 --step month --at-once 4",
        "months, four at once",
      ],
    ],
    options: [
      { flags: "--from <date>", says: "the first date, as in 2026-01-31" },
      { flags: "--to <date>", says: "the last date; it is included" },
      { flags: "--step <unit>", says: "hour, day, week or month; day when absent" },
      { flags: "--values <list>", says: "values instead of dates, separated by commas" },
      { flags: "--at-once <n>", says: "how many run at once; 2 when absent" },
      {
        flags: "-p, --param <key=value>",
        says: "another value of params.yaml; may be repeated",
        isRepeated: true,
      },
      { flags: "--no-wait", says: "do not wait for the end" },
    ],
    schema: z.object({
      from: z.string().optional(),
      to: z.string().optional(),
      step: z.enum(["hour", "day", "week", "month"]).default("day"),
      values: z.string().optional(),
      atOnce: z.coerce.number().int().min(1).max(100).default(2),
      param: z.array(z.string()).default([]),
      wait: z.boolean().default(true),
    }),
    async act(call) {
      const { atOnce, param, wait } = call.options;
      const body = {
        parameter: word(call, 0),
        partitions: partitionsOf(call.options),
        targets: call.words.slice(1),
        parameters: parseParameters(param),
        concurrency: atOnce,
      };
      const base = path`/api/v1/projects/${call.project}/backfills`;
      let backfill = await call.client.send("POST", base, backfillSchema, body);
      terminal.say(`Started ${backfill.id}: ${backfill.partitions.length} partitions.`);
      for (let said = ""; wait && backfill.state === "running"; await sleep(lookEveryMs)) {
        backfill = await call.client.get(`${base}/${backfill.id}`, backfillSchema);
        if (progressText(backfill) !== said) terminal.say((said = progressText(backfill)));
      }
      printPage(terminal, backfill, pageLines(terminal, backfill));
      refuseFailure(backfill);
    },
  });
  addServerVerb(group, terminal, {
    usage: "show <backfill>",
    summary: "show a backfill with its partitions",
    arguments: { backfill: "the id of a backfill" },
    examples: [["gyre backfill show bkf_01k…", "each partition with its run"]],
    schema: z.object({}),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/backfills/${word(call, 0)}`;
      const backfill = await call.client.get(address, backfillSchema);
      printPage(terminal, backfill, pageLines(terminal, backfill));
    },
  });
  addServerVerb(group, terminal, {
    usage: "cancel <backfill>",
    summary: "cancel what runs of it, and begin nothing more",
    arguments: { backfill: "the id of a backfill" },
    examples: [["gyre backfill cancel bkf_01k…", "what has succeeded stays"]],
    schema: z.object({}),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/backfills/${word(call, 0)}/cancel`;
      const backfill = await call.client.send("POST", address, backfillSchema);
      printPage(terminal, backfill, pageLines(terminal, backfill));
    },
  });
}

function partitionsOf(options: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step: string;
  readonly values?: string | undefined;
}): unknown {
  const { from, to, step, values } = options;
  if (values !== undefined && from === undefined && to === undefined)
    return values.split(",").flatMap((value) => value.trim() || []);
  if (values === undefined && from !== undefined && to !== undefined) return { from, to, step };
  throw new Problem(problems.call_invalid, {
    message: "A backfill needs either --from and --to, or --values.",
    next: "Write it as in: gyre backfill start day --from 2026-01-01 --to 2026-01-31",
  });
}

function progressText({ counts, partitions }: Backfill): string {
  const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  return `${parts.join(", ")} of ${partitions.length}`;
}

function pageLines(terminal: Terminal, backfill: Backfill): readonly string[] {
  const table = tableLines(backfill.partitions, [
    { title: backfill.parameter, of: ({ value }) => value },
    { title: "state", of: ({ state }) => state },
    { title: "run", of: ({ execution }) => execution ?? "-" },
    { title: "why", of: ({ failure }) => failure ?? "" },
  ]);
  return [
    `${backfill.id} is ${backfill.state}: ${progressText(backfill)}.`,
    ...section(terminal, "Partitions", table),
  ];
}

function refuseFailure({ id, state, partitions }: Backfill): void {
  if (state !== "failed") return;
  const failed = partitions.filter((partition) => partition.state === "failed").length;
  throw new Problem(problems.execution_failed, {
    message: `${failed} of the ${partitions.length} partitions of ${id} failed.`,
    next: `Look at the runs with: gyre backfill show ${id}`,
  });
}

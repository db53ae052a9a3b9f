import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { exampleText } from "../help.ts";
import { printPage, printRows } from "../listing.ts";
import { parseParameters } from "../parameters.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { timeText } from "../words.ts";

const scheduleSchema = z.looseObject({
  name: z.string(),
  cron: z.string(),
  timezone: z.string(),
  isPaused: z.boolean(),
  nextAtMs: z.number().nullable(),
  lastAtMs: z.number().nullable(),
  lastExecution: z.string().nullable(),
  lastOutcome: z.string().nullable(),
});
type Schedule = z.infer<typeof scheduleSchema>;

export function registerSchedule(program: Command, terminal: Terminal): void {
  const group = program
    .command("schedule")
    .description("when the pipeline runs by itself")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre schedule", "when the pipeline runs next"],
        ['gyre schedule add nightly "0 3 * * *"', "every night at three"],
      ]),
    )
    .copyInheritedSettings(program);
  addServerVerb(group, terminal, {
    usage: "list",
    summary: "list the schedules, each with its next turn",
    isDefault: true,
    examples: [["gyre schedule", "when the pipeline runs next, and what came of the last turn"]],
    schema: z.object({}),
    async act({ client, project }) {
      const address = path`/api/v1/projects/${project}/schedules`;
      const { schedules } = await client.get(address, z.object({ schedules: z.array(scheduleSchema) }));
      printRows(
        terminal,
        schedules,
        [
          { title: "name", of: ({ name }) => name },
          { title: "cron", of: ({ cron }) => cron },
          { title: "time zone", of: ({ timezone }) => timezone },
          { title: "next", of: ({ isPaused, nextAtMs }) => (isPaused ? "paused" : timeText(nextAtMs)) },
          { title: "last", of: ({ lastAtMs }) => timeText(lastAtMs) },
          {
            title: "outcome",
            of: ({ lastExecution, lastOutcome }) => outcomeText(lastExecution, lastOutcome),
          },
        ],
        'There is no schedule; add one with: gyre schedule add nightly "0 3 * * *"',
      );
    },
  });
  addServerVerb(group, terminal, {
    usage: "add <name> <cron> [stages...]",
    summary: "run the pipeline, or some stages, at these times",
    arguments: {
      name: "a name of your choice; one that is there is replaced",
      cron: "minute, hour, day of the month, month, day of the week",
      stages: "the stages to make; all of them when none is named",
    },
    examples: [
      ['gyre schedule add nightly "0 3 * * *" --timezone Europe/Berlin', "every night at three"],
      ['gyre schedule add weekly "0 6 * * 1" train -p train.deep=true', "one stage, with another parameter"],
      ['gyre schedule add hourly "0 * * * *" --missed skip', "make up for no turn that was missed"],
    ],
    options: [
      { flags: "--timezone <name>", says: "such as Europe/Berlin; UTC when absent" },
      {
        flags: "--missed <policy>",
        says: "of turns that passed while no server ran: once (the newest), all, or skip",
      },
      { flags: "--overlap <policy>", says: "while an earlier turn's run has not ended: skip, or allow" },
      { flags: "-p, --param <key=value>", says: "a value of params.yaml; may be repeated", isRepeated: true },
    ],
    schema: z.object({
      timezone: z.string().default("UTC"),
      missed: z.enum(["once", "all", "skip"]).default("once"),
      overlap: z.enum(["skip", "allow"]).default("skip"),
      param: z.array(z.string()).default([]),
    }),
    async act(call) {
      const { timezone, missed, overlap, param } = call.options;
      const body = {
        cron: word(call, 1),
        timezone,
        missed,
        overlap,
        targets: call.words.slice(2),
        parameters: parseParameters(param),
      };
      const address = path`/api/v1/projects/${call.project}/schedules/${word(call, 0)}`;
      const schedule = await call.client.send("PUT", address, scheduleSchema, body);
      printPage(terminal, schedule, [nextLine(schedule)]);
    },
  });
  for (const verb of ["pause", "resume"] as const) {
    addServerVerb(group, terminal, {
      usage: `${verb} <name>`,
      summary: verb === "pause" ? "let its turns pass" : "go on, from the next turn",
      arguments: { name: "the name of a schedule" },
      examples: [[`gyre schedule ${verb} nightly`, verb === "pause" ? "until it is resumed" : "as before"]],
      schema: z.object({}),
      async act(call) {
        const address = path`/api/v1/projects/${call.project}/schedules/${word(call, 0)}/${verb}`;
        const schedule = await call.client.send("POST", address, scheduleSchema);
        printPage(terminal, schedule, [nextLine(schedule)]);
      },
    });
  }
  addServerVerb(group, terminal, {
    usage: "remove <name>",
    summary: "remove a schedule; what it began goes on",
    arguments: { name: "the name of a schedule" },
    examples: [["gyre schedule remove nightly", "it comes due no more"]],
    schema: z.object({}),
    async act(call) {
      const name = word(call, 0);
      const address = path`/api/v1/projects/${call.project}/schedules/${name}`;
      await call.client.send("DELETE", address, z.unknown());
      printPage(terminal, { removed: name }, [`Removed ${name}.`]);
    },
  });
}

function outcomeText(execution: string | null, outcome: string | null): string {
  if (outcome === null) return "-";
  return outcome === "started" ? (execution ?? "") : outcome;
}

function nextLine({ name, nextAtMs, isPaused }: Schedule): string {
  return isPaused ? `${name} is paused.` : `${name} runs next at ${timeText(nextAtMs)}.`;
}

import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage, printRows } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import { followStudy } from "../study-follow.ts";
import { askedStudy, startOptions } from "../study-options.ts";
import { studyLines, studySchema, summaryColumns, summarySchema } from "../study-pages.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";

const listSchema = z.object({
  studies: z.array(summarySchema),
  declared: z.array(z.object({ name: z.string() })),
});

export function registerStudy(program: Command, terminal: Terminal): void {
  const study = addServerVerb(program, terminal, {
    usage: "study",
    summary: "search over parameters of the pipeline",
    examples: [
      ["gyre study start tune", "the study that gyre.yaml declares under studies:"],
      [
        'gyre study start --space "lr=log(1e-5,1e-1)" --space "kernel=choice(rbf,linear)" --maximize f1 --trials 50 --parallel 4',
        "one of your own",
      ],
      ["gyre study show tune", "its trials, the best, and what mattered"],
    ],
    schema: z.unknown(),
    act: async ({ client, project }) => await list(client, project),
  });
  const list = async (client: Parameters<typeof followStudy>[0], project: string): Promise<void> => {
    const { studies, declared } = await client.get(path`/api/v1/projects/${project}/studies`, listSchema);
    const begun = new Set(studies.map(({ name }) => name));
    const waiting = declared.filter(({ name }) => !begun.has(name)).map(({ name }) => name);
    const next =
      waiting.length === 0
        ? "There is no study yet. Declare one under studies: in gyre.yaml, or give --space to: gyre study start"
        : `No study was started yet. Declared: ${waiting.join(", ")}. Start one with: gyre study start ${waiting[0]}`;
    printRows(terminal, studies, summaryColumns, next);
  };
  addServerVerb(study, terminal, {
    usage: "list",
    summary: "list studies, newest first",
    examples: [["gyre study list", "each with its trials and the best value"]],
    schema: z.unknown(),
    act: async ({ client, project }) => await list(client, project),
  });
  addServerVerb(study, terminal, {
    usage: "start [name]",
    summary: "start a study: one of gyre.yaml by its name, or the one that the options describe",
    arguments: { name: "a study under studies: in gyre.yaml, or a name for the one described" },
    examples: [
      ["gyre study start tune", "as gyre.yaml declares it"],
      [
        'gyre study start --space "x=float(0,1)" --minimize loss --sampler random',
        "at random, without Python",
      ],
      ['gyre study start --space "depth=int(2,12)" --maximize f1 --prune asha --detach', "and do not wait"],
    ],
    options: startOptions.options,
    schema: startOptions.schema,
    async act({ client, project, words, options }) {
      const asked = askedStudy(options);
      const begun = await client.send("POST", path`/api/v1/projects/${project}/studies`, studySchema, {
        name: words[0] ?? "study",
        ...(asked === undefined ? {} : { study: asked }),
      });
      terminal.say(`Started ${begun.name} (${begun.id}): ${begun.wantedTrials} trials.`);
      if (options.detach) return printPage(terminal, begun, [begun.id]);
      await followStudy(client, terminal, path`/api/v1/projects/${project}/studies/${begun.id}`);
    },
  });
  addServerVerb(study, terminal, {
    usage: "show <study>",
    summary: "show a study: its best trials, what mattered, and the last trials",
    arguments: { study: "its id, or the newest of its name" },
    examples: [["gyre study show tune", "by name"]],
    schema: z.unknown(),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/studies/${word(call, 0)}`;
      const found = await call.client.get(address, studySchema);
      printPage(terminal, found, studyLines(terminal, found));
    },
  });
  addServerVerb(study, terminal, {
    usage: "stop <study>",
    summary: "stop a study and cancel its running trials",
    arguments: { study: "its id, or the newest of its name" },
    examples: [["gyre study stop tune", "it can be resumed"]],
    schema: z.unknown(),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/studies/${word(call, 0)}/stop`;
      const stopped = await call.client.send("POST", address, studySchema);
      terminal.say(`${stopped.name} is ending; go on later with: gyre study resume ${stopped.name}`);
      printPage(terminal, stopped, [stopped.id]);
    },
  });
  addServerVerb(study, terminal, {
    usage: "resume <study>",
    summary: "go on with a study that has ended, perhaps up to more trials",
    arguments: { study: "its id, or the newest of its name" },
    examples: [["gyre study resume tune --trials 100", "up to 100 trials altogether"]],
    options: [
      { flags: "--trials <n>", says: "how many trials there will be altogether" },
      { flags: "--detach", says: "do not wait for the end" },
    ],
    schema: z.object({
      trials: z.coerce.number().int().min(1).optional(),
      detach: z.boolean().default(false),
    }),
    async act(call) {
      const { trials, detach } = call.options;
      const address = path`/api/v1/projects/${call.project}/studies/${word(call, 0)}`;
      const body = trials === undefined ? {} : { trials };
      const resumed = await call.client.send("POST", `${address}/resume`, studySchema, body);
      terminal.say(`Going on with ${resumed.name} (${resumed.id}).`);
      if (detach) return printPage(terminal, resumed, [resumed.id]);
      await followStudy(call.client, terminal, address);
    },
  });
}

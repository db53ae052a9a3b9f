import { join, relative, resolve, sep } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";
import {
  compareMlflow,
  createFolderFiles,
  importMlflow,
  openSource,
  problems,
} from "#protocols/mlflow-import";
import type { Destination, Equality, ImportReport } from "#protocols/mlflow-import";

import { readFlow, stageOfFlow, stageText, writeStage } from "#protocols/orchestrators";

import { connect } from "../client.ts";
import type { Client } from "../client.ts";
import { exampleText } from "../help.ts";
import { equalityLines, progressLine, reportLines } from "../import-report.ts";
import { printPage } from "../listing.ts";
import { createProgress } from "../progress.ts";
import { requireProjectFolder } from "../project.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, word } from "../verb.ts";

export function registerImport(program: Command, terminal: Terminal): void {
  const group = program
    .command("import")
    .description("bring in what another tracking server holds, or a flow of Metaflow")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre import mlflow mlflow.db --artifacts mlartifacts --dry-run", "what would come, and how much"],
        ["gyre import mlflow mlflow.db --artifacts mlartifacts", "bring it here, and prove that it is equal"],
        ["gyre import metaflow flow.py", "make a stage of an existing flow"],
      ]),
    )
    .copyInheritedSettings(program);
  addMlflow(group, terminal);
  addMetaflow(group, terminal);
}

function addMetaflow(group: Command, terminal: Terminal): void {
  addVerb(group, terminal, {
    usage: "metaflow <flow>",
    summary: "make a stage of a Metaflow flow, which stays as it is",
    arguments: { flow: "the Python file of the flow" },
    examples: [
      ["gyre import metaflow flow.py --dry-run", "what the stage would be"],
      ["gyre import metaflow flow.py", "add it to dvc.yaml, and its parameters to params.yaml"],
    ],
    options: [
      {
        flags: "--stage <name>",
        says: "the name of the stage; otherwise that of the flow, in small letters",
      },
      { flags: "--dry-run", says: "only show what would be written" },
    ],
    schema: z.object({ stage: z.string().optional(), dryRun: z.boolean().default(false) }),
    async act(call) {
      const folder = requireProjectFolder();
      const within = (path: string): string => relative(folder, path).split(sep).join("/");
      const path = resolve(word(call, 0));
      const flow = await readFlow(path);
      const imports = flow.imports.map(within);
      const stage = stageOfFlow(within(path), { ...flow, imports }, call.options.stage);
      if (call.options.dryRun) return printPage(terminal, stage, stageText(stage).trimEnd().split("\n"));
      await writeStage(stage, {
        pipeline: join(folder, "dvc.yaml"),
        parameters: join(folder, "params.yaml"),
      });
      printPage(terminal, stage, [
        `Added the stage ${stage.name} to dvc.yaml. Run it with: gyre run ${stage.name}`,
        "The project's requirements must name metaflow.",
        ...stage.remarks,
      ]);
    },
  });
}

function addMlflow(group: Command, terminal: Terminal): void {
  addVerb(group, terminal, {
    usage: "mlflow <source>",
    summary: "import experiments, runs, models and artifacts of MLflow, and prove that they are equal",
    arguments: {
      source: "a SQLite file, a postgresql:// address of the database, or http:// of the running server",
    },
    examples: [
      ["gyre import mlflow mlflow.db --artifacts mlartifacts --dry-run", "counts and sizes; nothing is sent"],
      ["gyre import mlflow mlflow.db --artifacts mlartifacts", "again after an interruption: it goes on"],
      ["gyre import mlflow http://mlflow.example.org:5000", "from a running server, artifacts included"],
    ],
    options: [
      { flags: "--artifacts <folder>", says: "the folder that holds the artifacts; nothing else is opened" },
      { flags: "--dry-run", says: "only count: what would come, what would not, and why" },
      ...serverOptions,
    ],
    schema: z.object({
      artifacts: z.string().optional(),
      dryRun: z.boolean().default(false),
      url: z.string().optional(),
    }),
    async act(call) {
      const { options } = call;
      const destination = options.dryRun ? undefined : destinationOf(connect(options.url));
      const source = await openSource(word(call, 0), process.env);
      try {
        const files =
          options.artifacts === undefined ? source.files : await createFolderFiles(options.artifacts);
        const progress = createProgress(terminal);
        const onProgress = (report: ImportReport): void => progress.tell(progressLine(report));
        const { report, ...imported } = await importMlflow({ source, files, destination, onProgress });
        const equalities =
          destination === undefined
            ? []
            : [
                imported.files,
                ...(await compareMlflow({
                  source,
                  destination,
                  experimentIds: imported.experimentIds,
                  onProgress: (what, compared) => progress.tell(`compared ${compared} ${what}`),
                })),
              ];
        progress.end();
        printPage(terminal, { report, equality: equalities }, [
          ...reportLines(report),
          ...equalityLines(equalities),
        ]);
        refuseDifferences(equalities);
      } finally {
        await source.close();
      }
    },
  });
}

function destinationOf(client: Client): Destination {
  return {
    get: client.get,
    post: async (path, schema, body) => await client.send("POST", path, schema, body),
    upload: client.upload,
  };
}

function refuseDifferences(equalities: readonly Equality[]): void {
  const different = equalities.filter((one) => one.different > 0);
  if (different.length === 0) return;
  const counts = different.map(({ what, different: count }) => `${count} of ${what}`).join(", ");
  throw new Problem(problems.import_differs, { message: `Not equal here and there: ${counts}.` });
}

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

import { connect } from "../client.ts";
import type { Client } from "../client.ts";
import { exampleText } from "../help.ts";
import { equalityLines, progressLine, reportLines } from "../import-report.ts";
import { printPage } from "../listing.ts";
import { createProgress } from "../progress.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, word } from "../verb.ts";

export function registerImport(program: Command, terminal: Terminal): void {
  const group = program
    .command("import")
    .description("bring in what another tracking server holds")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre import mlflow mlflow.db --artifacts mlartifacts --dry-run", "what would come, and how much"],
        ["gyre import mlflow mlflow.db --artifacts mlartifacts", "bring it here, and prove that it is equal"],
      ]),
    )
    .copyInheritedSettings(program);
  addMlflow(group, terminal);
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

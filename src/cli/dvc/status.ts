import { dvcVerbs, withSession } from "#protocols/dvc";
import type { Status } from "#protocols/dvc";

import type { DvcCommand } from "./command.ts";
import { writeDvcJson } from "./json.ts";
import {
  historyOptions,
  jobsOption,
  jsonOption,
  recursiveOption,
  remoteOption,
  withDependenciesOption,
} from "./shared-options.ts";

export const statusCommand: DvcCommand = {
  name: "status",
  says: "Show changed stages, compare local cache and a remote storage.",
  options: [
    { flags: ["-c", "--cloud"], says: "Show status of a local cache compared to a remote repository." },
    remoteOption,
    ...historyOptions,
    withDependenciesOption,
    recursiveOption,
    jobsOption,
    jsonOption,
    { flags: ["--no-updates"], says: "Ignore updates to imported data." },
  ],
  targets: "any",
  failureCode: 1,
  async act({ typed, here, output }) {
    const status = await dvcVerbs.status();
    const { changes, isEmpty } = await withSession({ here, voice: output }, async (session) => ({
      changes: await status(session, {
        targets: typed.targets,
        withDependencies: typed.has("with-deps"),
        isRecursive: typed.has("recursive"),
      }),
      isEmpty: false,
    }));
    if (typed.has("json")) {
      output.print(writeDvcJson(changes));
      return 0;
    }
    if (output.isQuiet) return Object.keys(changes).length > 0 ? 1 : 0;
    const lines = statusLines(changes);
    for (const line of lines) output.say(line);
    if (lines.length === 0) output.say(isEmpty ? emptyText : "Data and pipelines are up to date.");
    return 0;
  },
};

const emptyText =
  "There are no data or pipelines tracked in this project yet.\nSee <https://dvc.org/doc/start> to get started!";

/** By stage, indented: the kind of change in a column of twenty, then the path. */
export function statusLines(changes: Status): readonly string[] {
  return Object.entries(changes).flatMap(([address, items]) => [
    `${address}:`,
    ...items.flatMap((item) =>
      typeof item === "string"
        ? [`\t${item}`]
        : Object.entries(item).flatMap(([title, paths]) => [
            `\t${title}:`,
            ...Object.entries(paths).flatMap(([path, change]) => pathLines(path, change)),
          ]),
    ),
  ]);
}

function pathLines(path: string, change: string | Readonly<Record<string, string>>): readonly string[] {
  if (typeof change === "string") return [`\t\t${`${change}:`.padEnd(20)}${path}`];
  return [
    `\t\t${path}:`,
    ...Object.entries(change).map(([key, kind]) => `\t\t\t${`${kind}:`.padEnd(20)}${key}`),
  ];
}

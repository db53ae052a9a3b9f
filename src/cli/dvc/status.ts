import { defaultRemote, dvcVerbs, withSession } from "#protocols/dvc";
import type { Status } from "#protocols/dvc";

import type { DvcArguments } from "./arguments.ts";
import type { DvcCommand, DvcOutput } from "./command.ts";
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
    if (typed.has("cloud") || typed.has("remote")) return await compareWithRemote(typed, here, output);
    const status = await dvcVerbs.status();
    const { changes, isEmpty } = await withSession({ here, voice: output }, async (session) => ({
      changes: await status(session, {
        targets: typed.targets,
        withDependencies: typed.has("with-deps"),
        isRecursive: typed.has("recursive"),
      }),
      isEmpty:
        typed.targets.length === 0 &&
        !typed.has("quiet") &&
        (await session.loadProject()).stages.length === 0,
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

async function compareWithRemote(typed: DvcArguments, here: string, output: DvcOutput): Promise<number> {
  const cloudStatus = await dvcVerbs.cloudStatus();
  const { changes, remote } = await withSession({ here, voice: output }, async (session) => ({
    remote: typed.text("remote") ?? defaultRemote(session.repository) ?? "",
    changes: await cloudStatus(session, {
      targets: typed.targets,
      remote: typed.text("remote"),
      jobs: typed.count("jobs"),
      allBranches: typed.has("all-branches"),
      allTags: typed.has("all-tags"),
      allCommits: typed.has("all-commits"),
      withDependencies: typed.has("with-deps"),
      isRecursive: typed.has("recursive"),
    }),
  }));
  if (typed.has("json")) {
    output.print(writeDvcJson(changes));
    return 0;
  }
  const entries = Object.entries(changes);
  if (output.isQuiet) return entries.length > 0 ? 1 : 0;
  for (const [path, change] of entries) output.say(`\t${`${change}:`.padEnd(20)}${path}`);
  if (entries.length === 0) output.say(`Cache and remote '${remote}' are in sync.`);
  return 0;
}

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

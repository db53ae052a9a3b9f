import { dvcVerbs, withSession } from "#protocols/dvc";
import type { Diff, DiffEntry } from "#protocols/dvc";

import { DvcCallError } from "./call-error.ts";
import type { DvcCommand } from "./command.ts";
import { writeDvcJson } from "./json.ts";
import { jsonOption, markdownOption } from "./shared-options.ts";
import { tableText } from "./table.ts";

const kinds = ["added", "deleted", "renamed", "modified", "not in cache"] as const;

export const diffCommand: DvcCommand = {
  name: "diff",
  says: "Show added, modified, or deleted data between commits, or between a commit and the workspace.",
  options: [
    { flags: ["--targets"], takes: "many", says: "Specific DVC-tracked files to compare." },
    jsonOption,
    { flags: ["--show-hash"], says: "Display hash value for each entry." },
    markdownOption,
    { flags: ["--hide-missing"], says: "Hide missing cache file status." },
  ],
  targets: "any",
  targetName: "a_rev b_rev",
  failureCode: 1,
  async act({ typed, here, output }) {
    const [before = "HEAD", after, extra] = typed.targets;
    if (extra !== undefined) throw new DvcCallError(`unrecognized arguments: ${extra}`);
    const diff = await dvcVerbs.diff();
    const found = await withSession(
      { here, voice: output },
      async (session) => await diff(session, { before, after, targets: typed.texts("targets") }),
    );
    const isMissingHidden = after !== undefined || typed.has("hide-missing");
    const withHash = typed.has("show-hash");
    if (typed.has("json")) output.print(writeDvcJson(jsonOf(found, withHash, isMissingHidden)));
    else if (typed.has("md")) output.print(markdownOf(found, withHash, isMissingHidden));
    else if (found !== undefined)
      for (const line of linesOf(found, withHash, isMissingHidden)) output.print(line);
    return 0;
  },
};

function jsonOf(found: Diff | undefined, withHash: boolean, isMissingHidden: boolean): unknown {
  if (found === undefined) return {};
  const order = ["added", "deleted", "modified", "renamed", "not in cache"] as const;
  return Object.fromEntries(
    order
      .filter((kind) => !(isMissingHidden && kind === "not in cache"))
      .map((kind) => [kind, found[kind].map(({ path, hash }) => (withHash ? { path, hash } : { path }))]),
  );
}

function markdownOf(found: Diff | undefined, withHash: boolean, isMissingHidden: boolean): string {
  const rows = kinds
    .filter((kind) => !(isMissingHidden && kind === "not in cache"))
    .flatMap((kind) =>
      (found?.[kind] ?? []).map((entry) => [kind, ...(withHash ? [hashText(entry)] : []), pathText(entry)]),
    );
  return tableText(withHash ? ["Status", "Hash", "Path"] : ["Status", "Path"], rows, true);
}

function linesOf(found: Diff, withHash: boolean, isMissingHidden: boolean): readonly string[] {
  const shown = kinds.filter((kind) => !(isMissingHidden && kind === "not in cache"));
  const lines = shown.flatMap((kind) =>
    found[kind].length === 0
      ? []
      : [
          `${kind.charAt(0).toUpperCase()}${kind.slice(1)}:`,
          ...found[kind].map((entry) => `    ${withHash ? `${hashText(entry)}  ` : ""}${pathText(entry)}`),
          "",
        ],
  );
  const counts = shown
    .map((kind) => [kind, found[kind].filter((entry) => !pathText(entry).endsWith("/")).length] as const)
    .filter(([, count]) => count > 0);
  if (counts.length === 0) return lines;
  return [...lines, `files summary: ${counts.map(([kind, count]) => `${count} ${kind}`).join(", ")}`];
}

function pathText({ path }: DiffEntry): string {
  return typeof path === "string" ? path : `${path.old} -> ${path.new}`;
}

function hashText({ hash }: DiffEntry): string {
  if (hash === null || typeof hash === "string") return (hash ?? "").slice(0, 8);
  return `${(hash.old ?? "").slice(0, 8)}..${(hash.new ?? "").slice(0, 8)}`;
}

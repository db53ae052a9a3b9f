import { dvcVerbs, withSession } from "#protocols/dvc";

import type { DvcArguments } from "./arguments.ts";
import { DvcCallError } from "./call-error.ts";
import type { DvcCommand, DvcOutput } from "./command.ts";
import { writeDvcJson } from "./json.ts";
import { diffTable, metricsTable } from "./measure-tables.ts";
import { relativeTo } from "./params.ts";
import { historyOptions, jsonOption, markdownOption, recursiveOption } from "./shared-options.ts";

const defaultDigits = 5;

export const metricsCommand: DvcCommand = {
  name: "metrics",
  says: "Commands to display and compare metrics: metrics show [targets], metrics diff [a_rev] [b_rev].",
  options: [
    { flags: ["--targets"], takes: "many", says: "Specific metrics file(s) to compare (diff)." },
    { flags: ["--all"], says: "Show unchanged metrics as well (diff)." },
    { flags: ["--no-path"], says: "Don't show metric path (diff)." },
    ...historyOptions,
    recursiveOption,
    jsonOption,
    markdownOption,
    {
      flags: ["--precision"],
      takes: "one",
      says: "Round metrics to n digits precision after the decimal point.",
    },
  ],
  targets: "some",
  targetName: "CMD",
  async act({ typed, here, output }) {
    const [verb, ...rest] = typed.targets;
    if (verb === "show") return await show(typed, rest, here, output);
    if (verb === "diff") return await diff(typed, rest, here, output);
    throw new DvcCallError(`argument cmd: invalid choice: '${verb ?? ""}' (choose from 'show', 'diff')`);
  },
};

async function show(
  typed: DvcArguments,
  targets: readonly string[],
  here: string,
  output: DvcOutput,
): Promise<number> {
  const { showMetrics } = await dvcVerbs.measures();
  const revisions = await withSession({ here, voice: output }, async (session) => {
    const shown = await showMetrics(session, targets, {
      allBranches: typed.has("all-branches"),
      allTags: typed.has("all-tags"),
      allCommits: typed.has("all-commits"),
    });
    return Object.fromEntries(
      Object.entries(shown).map(([name, { data }]) => [name, { data: relativeTo(session.show, data) }]),
    );
  });
  const failed = Object.entries(revisions).filter(([, { data }]) =>
    Object.values(data).some((file) => "error" in file),
  );
  if (failed.length > 0) {
    const names = failed.map(([name]) => name || "workspace").join(", ");
    output.tell(`DVC failed to load some metrics for following revisions: '${names}'.`);
  }
  if (typed.has("json")) output.print(writeDvcJson(revisions));
  else output.print(metricsTable(revisions, typed.has("md"), typed.count("precision") ?? defaultDigits));
  return 0;
}

async function diff(
  typed: DvcArguments,
  [before = "HEAD", after = "workspace", extra]: readonly string[],
  here: string,
  output: DvcOutput,
): Promise<number> {
  if (extra !== undefined) throw new DvcCallError(`unrecognized arguments: ${extra}`);
  const { metricsOf, diffMeasures } = await dvcVerbs.measures();
  const changes = await withSession({ here, voice: output }, async (session) =>
    relativeTo(
      session.show,
      diffMeasures(
        await metricsOf(session, before, typed.texts("targets")),
        await metricsOf(session, after, typed.texts("targets")),
        typed.has("all"),
      ),
    ),
  );
  if (typed.has("json")) output.print(writeDvcJson(changes));
  else {
    const text = diffTable(changes, {
      title: "Metric",
      before,
      after,
      isWithoutPath: typed.has("no-path"),
      isMarkdown: typed.has("md"),
      digits: typed.count("precision") ?? defaultDigits,
    });
    if (text !== "") output.print(text);
  }
  return 0;
}

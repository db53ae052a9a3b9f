import { createInterface } from "node:readline/promises";

import { addressOf, dvcVerbs, withSession } from "#protocols/dvc";

import type { DvcCommand } from "./command.ts";
import { globOption, jobsOption, recursiveOption } from "./shared-options.ts";

export const reproCommand: DvcCommand = {
  name: "repro",
  says: "Reproduce complete or partial pipelines by executing their stages.",
  options: [
    { flags: ["-f", "--force"], says: "Reproduce even if dependencies were not changed." },
    { flags: ["-i", "--interactive"], says: "Ask for confirmation before reproducing each stage." },
    {
      flags: ["-s", "--single-item"],
      says: "Reproduce only single data item without recursive dependencies check.",
    },
    {
      flags: ["-p", "--pipeline"],
      says: "Reproduce the whole pipeline that the specified targets belong to.",
    },
    { flags: ["-P", "--all-pipelines"], says: "Reproduce all pipelines in the repo." },
    recursiveOption,
    { flags: ["--downstream"], says: "Start from the specified stages when reproducing pipelines." },
    { flags: ["--force-downstream"], says: "Reproduce all descendants of a changed stage." },
    { flags: ["--pull"], says: "Try automatically pulling missing data." },
    { flags: ["--allow-missing"], says: "Skip stages with missing data but no other changes." },
    { flags: ["--dry"], says: "Only print the commands that would be executed." },
    {
      flags: ["-k", "--keep-going"],
      says: "Continue executing, skipping stages that depend on failed ones.",
    },
    { flags: ["--ignore-errors"], says: "Ignore errors from stages." },
    {
      flags: ["--on-error"],
      takes: "one",
      choices: ["fail", "keep-going", "ignore"],
      says: "What to do when a stage fails (not in DVC).",
    },
    globOption,
    { flags: ["--no-commit"], says: "Don't put files/directories into cache." },
    { flags: ["--no-run-cache"], says: "Execute stage commands even if they have already been run." },
    { ...jobsOption, says: "Stages that may run beside each other; 1 if absent (not in DVC)." },
    {
      flags: ["--environment"],
      says: "Run stages anew whose last run had another Python or other packages (not in DVC).",
    },
  ],
  targets: "any",
  async act({ typed, here, output }) {
    const repro = await dvcVerbs.repro();
    const isWhole = typed.has("pipeline") || typed.has("all-pipelines");
    const jobs = typed.count("jobs");
    const stages = await withSession(
      { here, voice: output },
      async (session) =>
        await repro(session, {
          targets: typed.targets,
          isForced: typed.has("force"),
          isSingleItem: typed.has("single-item") && !isWhole,
          isPipeline: typed.has("pipeline"),
          isEverything: typed.has("all-pipelines"),
          isRecursive: typed.has("recursive"),
          isDownstream: typed.has("downstream") && !isWhole,
          isForcedDownstream: typed.has("force-downstream"),
          isPulling: typed.has("pull"),
          allowsMissing: typed.has("allow-missing"),
          isDry: typed.has("dry"),
          onError: errorPolicy(typed.text("on-error"), typed.has("keep-going"), typed.has("ignore-errors")),
          isGlob: typed.has("glob"),
          isNotCommitted: typed.has("no-commit"),
          isWithoutRunCache: typed.has("no-run-cache"),
          checksEnvironment: typed.has("environment"),
          ...(jobs === undefined ? {} : { jobs }),
          ...(typed.has("interactive")
            ? {
                confirm: async (stage) =>
                  await ask(
                    `Going to reproduce stage: '${addressOf(stage, session.show)}'. Are you sure you want to continue? [y/n] `,
                  ),
              }
            : {}),
        }),
    );
    output.say(
      stages.length === 0
        ? "Data and pipelines are up to date."
        : "Use `dvc push` to send your updates to remote storage.",
    );
    return 0;
  },
};

function errorPolicy(
  text: string | undefined,
  keepsGoing: boolean,
  ignores: boolean,
): "fail" | "keep-going" | "ignore" {
  if (text === "keep-going" || text === "ignore" || text === "fail") return text;
  return ignores ? "ignore" : keepsGoing ? "keep-going" : "fail";
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

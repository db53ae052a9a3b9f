import { createInterface } from "node:readline/promises";

import { dvcVerbs, withSession } from "#protocols/dvc";

import type { DvcArguments } from "./arguments.ts";
import type { DvcCommand } from "./command.ts";
import { historyOptions, jobsOption, remoteOption } from "./shared-options.ts";

export const gcCommand: DvcCommand = {
  name: "gc",
  says: "Garbage collect unused objects from cache or remote storage.",
  options: [
    { flags: ["-w", "--workspace"], says: "Keep data files used in the current workspace." },
    { flags: ["--rev"], takes: "one", says: "Keep data files used in the specified commit." },
    { flags: ["-n", "--num"], takes: "one", says: "Keep data files used in the last commits from --rev." },
    ...historyOptions,
    { flags: ["--not-in-remote"], says: "Keep data files that are not present in the remote." },
    { flags: ["-c", "--cloud"], says: "Collect garbage in remote storage in addition to local cache." },
    remoteOption,
    { flags: ["-f", "--force"], says: "Force garbage collection - automatically agree to all prompts." },
    jobsOption,
    {
      flags: ["-p", "--projects"],
      takes: "many",
      says: "Keep data files required by these projects in addition to the current one.",
    },
    { flags: ["--dry"], says: "Only print what would get removed without actually removing." },
    { flags: ["--skip-failed"], says: "Skip revisions that fail when collected." },
  ],
  targets: "none",
  async act({ typed, here, output }) {
    output.warn(`This will remove all cache except items used in ${keptText(typed)} of the current repo.`);
    const isAgreed =
      typed.has("force") || typed.has("dry") || (await ask("Are you sure you want to proceed? [y/n]: "));
    if (!isAgreed) return 1;
    const gc = await dvcVerbs.gc();
    const removed = await withSession(
      { here, voice: output },
      async (session) =>
        await gc(session, {
          keepsWorkspace: typed.has("workspace"),
          revision: typed.text("rev"),
          count: typed.count("num"),
          allBranches: typed.has("all-branches"),
          allTags: typed.has("all-tags"),
          allCommits: typed.has("all-commits"),
          isOnlyWhatRemoteHas: typed.has("not-in-remote"),
          isCloud: typed.has("cloud"),
          remote: typed.text("remote"),
          jobs: typed.count("jobs"),
          repositories: typed.texts("projects"),
          isDry: typed.has("dry"),
        }),
    );
    output.say(
      removed.local > 0
        ? `Removed ${removed.local} objects from repo cache.`
        : "No unused 'repo' cache to remove.",
    );
    output.say(
      removed.legacy > 0
        ? `Removed ${removed.legacy} objects from legacy cache.`
        : "No unused 'legacy' cache to remove.",
    );
    if (removed.remote !== undefined)
      output.say(
        removed.remote > 0
          ? `Removed ${removed.remote} objects from remote.`
          : "No unused cache to remove from remote.",
      );
    return 0;
  },
};

function keptText(typed: DvcArguments): string {
  const parts = ["the workspace"];
  if (typed.has("all-commits")) parts.push("all git commits");
  if (typed.has("all-branches")) parts.push("all git branches");
  if (typed.has("all-tags")) parts.push("all git tags");
  if (typed.has("rev")) parts.push(`last ${typed.count("num") ?? 1} commits from ${typed.text("rev") ?? ""}`);
  return parts.join(" and ");
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

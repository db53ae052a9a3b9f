import { dvcVerbs, withSession } from "#protocols/dvc";

import { summaryText } from "./checkout.ts";
import type { DvcCommand } from "./command.ts";
import {
  globOption,
  historyOptions,
  jobsOption,
  readTransfer,
  recursiveOption,
  remoteOption,
  runCacheOptions,
  withDependenciesOption,
} from "./shared-options.ts";

export const pushCommand: DvcCommand = {
  name: "push",
  says: "Upload tracked files or directories to remote storage.",
  options: [
    remoteOption,
    ...historyOptions,
    withDependenciesOption,
    recursiveOption,
    globOption,
    jobsOption,
    ...runCacheOptions,
    {
      flags: ["--packs"],
      says: "Keep small files in packs in this remote from now on; DVC cannot read them (not in DVC).",
    },
    { flags: ["--unpacked"], says: "Push as DVC does, even to a remote with packs (not in DVC)." },
  ],
  targets: "any",
  failureCode: 1,
  async act({ typed, here, output }) {
    const push = await dvcVerbs.push();
    const count = await withSession(
      { here, voice: output },
      async (session) =>
        await push(session, {
          ...readTransfer(typed),
          isGlob: typed.has("glob"),
          packs: typed.has("unpacked") ? "never" : typed.has("packs") ? "begin" : undefined,
        }),
    );
    output.say(summaryText([["pushed", count]]) || "Everything is up to date.");
    return 0;
  },
};

import { dvcVerbs, withSession } from "#protocols/dvc";

import { sayChanges, summaryText } from "./checkout.ts";
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

export const pullCommand: DvcCommand = {
  name: "pull",
  says: "Download tracked files or directories from remote storage.",
  options: [
    remoteOption,
    ...historyOptions,
    withDependenciesOption,
    recursiveOption,
    globOption,
    jobsOption,
    ...runCacheOptions,
    { flags: ["-f", "--force"], says: "Do not prompt when removing working directory files." },
    { flags: ["--allow-missing"], says: "Ignore errors if some of the files or directories are missing." },
  ],
  targets: "any",
  failureCode: 1,
  async act({ typed, here, output }) {
    const pull = await dvcVerbs.pull();
    const { checkoutFailed } = await dvcVerbs.checkout();
    const result = await withSession(
      { here, voice: output },
      async (session) =>
        await pull(session, {
          ...readTransfer(typed),
          isGlob: typed.has("glob"),
          isForced: typed.has("force"),
          allowsMissing: typed.has("allow-missing"),
        }),
    );
    sayChanges(output, result);
    const { fetched, stats } = result;
    const counts = [["fetched", fetched.count], ...Object.entries(stats)] as const;
    output.say(
      summaryText(counts.map(([kind, count]) => [String(kind), Number(count)] as const)) ||
        "Everything is up to date.",
    );
    if (result.failed.length > 0) throw checkoutFailed(result.failed);
    return 0;
  },
};

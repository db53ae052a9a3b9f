import { dvcVerbs, withSession } from "#protocols/dvc";

import { summaryText } from "./checkout.ts";
import type { DvcCommand } from "./command.ts";
import {
  historyOptions,
  jobsOption,
  readTransfer,
  recursiveOption,
  remoteOption,
  runCacheOptions,
  withDependenciesOption,
} from "./shared-options.ts";

export const fetchCommand: DvcCommand = {
  name: "fetch",
  says: "Download files or directories from remote storage to the cache.",
  options: [
    remoteOption,
    ...historyOptions,
    withDependenciesOption,
    recursiveOption,
    jobsOption,
    ...runCacheOptions,
    {
      flags: ["--max-size"],
      takes: "one",
      says: "Fetch only data files/directories up to this size in bytes.",
    },
    {
      flags: ["--type"],
      takes: "many",
      choices: ["metrics", "plots"],
      says: "Only fetch data files/directories that are of a particular type.",
    },
  ],
  targets: "any",
  failureCode: 1,
  async act({ typed, here, output }) {
    const { fetchObjects, fetchFailed } = await dvcVerbs.fetch();
    const kinds = typed.texts("type").filter((kind) => kind === "metrics" || kind === "plots");
    const fetched = await withSession(
      { here, voice: output },
      async (session) =>
        await fetchObjects(session, {
          ...readTransfer(typed),
          largestBytes: typed.count("max-size"),
          kinds: kinds.length === 0 ? undefined : kinds,
        }),
    );
    if (fetched.missing.length > 0) throw fetchFailed(fetched);
    output.say(summaryText([["fetched", fetched.count]]) || "Everything is up to date.");
    return 0;
  },
};

import { resolve } from "node:path";

import { dvcVerbs, holdManyFiles, openHashPool, withSession } from "#protocols/dvc";

import { DvcCallError } from "./call-error.ts";
import type { DvcCommand } from "./command.ts";
import { globOption } from "./shared-options.ts";

export const addCommand: DvcCommand = {
  name: "add",
  says: "Track data files or directories with DVC.",
  options: [
    { flags: ["--no-commit"], says: "Don't put files/directories into cache." },
    globOption,
    { flags: ["-o", "--out"], takes: "one", says: "Destination path to put files to." },
    { flags: ["-f", "--force"], says: "Override local file or folder if exists." },
    { flags: ["--no-relink"], says: "Don't recreate links from cache to workspace." },
  ],
  targets: "some",
  failureCode: 1,
  async act({ typed, here, output }) {
    if (typed.has("out") && typed.targets.length > 1)
      throw new DvcCallError("multiple targets can't be used with --out");
    // Threads start while the rest is loaded: that is when nothing else keeps the second processor busy.
    const pool = openHashPool();
    if (holdManyFiles(typed.targets.map((target) => resolve(here, target)))) pool.start();
    try {
      const add = await dvcVerbs.add();
      const out = typed.text("out");
      await withSession({ here, voice: output, pool }, async (session) => {
        await add(session, {
          targets: typed.targets,
          isGlob: typed.has("glob"),
          isNotCommitted: typed.has("no-commit"),
          isForced: typed.has("force"),
          isNotRelinked: typed.has("no-relink"),
          ...(out === undefined ? {} : { out }),
        });
      });
      return 0;
    } finally {
      // Without a repository there was no session to close it.
      await pool.close();
    }
  },
};

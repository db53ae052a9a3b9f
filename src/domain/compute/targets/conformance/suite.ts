import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";

import { describeCommands } from "./commands.ts";
import { describeEnds } from "./ends.ts";
import { describeFiles } from "./files.ts";
import { describeHandover } from "./handover.ts";
import { openTarget } from "./subject.ts";
import type { OpenTarget, TargetUnderTest } from "./subject.ts";

/** What every compute target does, whatever runs behind it. `skip` is the reason why it cannot be tried here. */
export function describeTarget(
  under: Omit<TargetUnderTest, "settings"> & { settings(): TargetUnderTest["settings"] },
  skip?: string | false,
): void {
  describe(`the compute target "${under.name}"`, { skip: skip ?? false }, () => {
    let open: OpenTarget | undefined;
    const ready = (): TargetUnderTest => ({ ...under, settings: under.settings() });
    const get = (): OpenTarget => {
      if (open === undefined) throw new Error("the target is not open yet");
      return open;
    };
    let folder = "";
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "gyre-test-"));
      open = await openTarget(ready(), folder);
    });
    after(async () => {
      await open?.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    });
    describeCommands(get);
    describeFiles(get);
    describeEnds(get, under);
    describeHandover(get, ready);
  });
}

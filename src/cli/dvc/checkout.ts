import { dvcVerbs, withSession } from "#protocols/dvc";
import type { CheckoutResult } from "#protocols/dvc";

import type { DvcCommand, DvcOutput } from "./command.ts";
import { recursiveOption, withDependenciesOption } from "./shared-options.ts";

export const checkoutCommand: DvcCommand = {
  name: "checkout",
  says: "Checkout data files from cache.",
  options: [
    { flags: ["--summary"], says: "Show summary of the changes." },
    withDependenciesOption,
    recursiveOption,
    { flags: ["-f", "--force"], says: "Do not prompt when removing working directory files." },
    { flags: ["--relink"], says: "Recreate links or copies from cache to workspace." },
    { flags: ["--allow-missing"], says: "Ignore errors if some of the files or directories are missing." },
  ],
  targets: "any",
  async act({ typed, here, output }) {
    const { checkout, checkoutFailed } = await dvcVerbs.checkout();
    const result = await withSession(
      { here, voice: output },
      async (session) =>
        await checkout(session, {
          targets: typed.targets,
          withDependencies: typed.has("with-deps"),
          isRecursive: typed.has("recursive"),
          isForced: typed.has("force"),
          isRelinked: typed.has("relink"),
          allowsMissing: typed.has("allow-missing"),
        }),
    );
    if (typed.has("summary")) output.say(summaryText(Object.entries(result.stats)) || "No changes.");
    else sayChanges(output, result);
    if (result.failed.length > 0) throw checkoutFailed(result.failed);
    if (typed.has("relink")) output.say("Relinked successfully");
    return 0;
  },
};

/** `M`, `A` or `D` and the path, the kinds in DVC's order; it writes the tab between as blanks. */
export function sayChanges(output: DvcOutput, result: CheckoutResult): void {
  for (const kind of ["modified", "added", "deleted"] as const) {
    for (const path of result[kind]) output.say(`${kind.charAt(0).toUpperCase().padEnd(8)}${path}`);
  }
}

/** `1 file modified, 3 files added and 1 file deleted`; empty when there is nothing to tell. */
export function summaryText(counts: readonly (readonly [string, number])[]): string {
  const parts = counts
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} file${count > 1 ? "s" : ""} ${kind}`);
  return parts.length <= 1 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

import { dvcVerbs, withSession } from "#protocols/dvc";

import { DvcCallError } from "./call-error.ts";
import type { DvcCommand } from "./command.ts";
import { writeDvcJson } from "./json.ts";
import { diffTable } from "./measure-tables.ts";
import { jsonOption, markdownOption } from "./shared-options.ts";

export const paramsCommand: DvcCommand = {
  name: "params",
  says: "Commands to display params: params diff [a_rev] [b_rev].",
  options: [
    { flags: ["--targets"], takes: "many", says: "Specific params file(s) to compare." },
    { flags: ["--all"], says: "Show unchanged params as well." },
    { flags: ["--deps"], says: "Include only params that are stage dependencies." },
    jsonOption,
    markdownOption,
    { flags: ["--no-path"], says: "Don't show params path." },
  ],
  targets: "some",
  targetName: "CMD",
  async act({ typed, here, output }) {
    const [verb, before = "HEAD", after = "workspace", extra] = typed.targets;
    if (verb !== "diff")
      throw new DvcCallError(`argument cmd: invalid choice: '${verb ?? ""}' (choose from 'diff')`);
    if (extra !== undefined) throw new DvcCallError(`unrecognized arguments: ${extra}`);
    const { parametersOf, diffMeasures } = await dvcVerbs.measures();
    const options = { isOnlyOfStages: typed.has("deps") };
    const changes = await withSession({ here, voice: output }, async (session) =>
      relativeTo(
        session.show,
        diffMeasures(
          await parametersOf(session, before, typed.texts("targets"), options),
          await parametersOf(session, after, typed.texts("targets"), options),
          typed.has("all"),
        ),
      ),
    );
    if (typed.has("json")) output.print(writeDvcJson(changes));
    else {
      const text = diffTable(changes, {
        title: "Param",
        before,
        after,
        isWithoutPath: typed.has("no-path"),
        isMarkdown: typed.has("md"),
        digits: undefined,
      });
      if (text !== "") output.print(text);
    }
    return 0;
  },
};

/** The same by paths as the user sees them. */
export function relativeTo<Value>(
  show: (path: string) => string,
  byPath: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(byPath).map(([path, value]) => [show(path), value]));
}

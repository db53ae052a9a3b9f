import type { Command } from "commander";
import { z } from "zod";

import { compareSubjects } from "../compare.ts";
import { printPage, section } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import { readSubject } from "../subject.ts";
import { tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";

export function registerDiff(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "diff <a> <b>",
    summary: "two runs, executions or model versions: parameters, metrics, data, code, environment",
    arguments: { a: "a run, an execution (exe_…) or a version (airline-care@1)", b: "another one" },
    examples: [
      ["gyre diff airline-care@1 airline-care@2", "two versions of a model"],
      ["gyre diff 3f2a… 77c0…", "two runs"],
      ["gyre diff airline-care@1 airline-care@2 --all", "also what is the same"],
    ],
    options: [{ flags: "--all", says: "also what is the same in both" }],
    schema: z.object({ all: z.boolean().default(false) }),
    async act(call) {
      const { client, project, options } = call;
      const [before, after] = await Promise.all(
        [word(call, 0), word(call, 1)].map((text) => readSubject(client, project, text)),
      );
      if (before === undefined || after === undefined) throw new Error("two subjects were read");
      const parts = compareSubjects(before, after).map(({ name, rows }) => ({
        name,
        rows: options.all ? rows : rows.filter(({ differs }) => differs),
      }));
      const lines = parts.flatMap(({ name, rows }) =>
        section(
          terminal,
          name,
          rows.length === 0
            ? []
            : tableLines(rows, [
                { title: "key", of: ({ key }) => key },
                { title: before.label, of: (row) => row.before ?? "-" },
                { title: after.label, of: (row) => row.after ?? "-" },
                { title: "change", of: ({ change }) => change ?? "" },
              ]),
        ),
      );
      const isSame = parts.every(({ rows }) => rows.length === 0);
      printPage(terminal, { a: before.label, b: after.label, parts }, lines.slice(1));
      if (isSame && !terminal.wantsJson) terminal.say(`${before.label} and ${after.label} do not differ.`);
    },
  });
}

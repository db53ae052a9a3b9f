import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/examine.ts";
import { problems } from "../problems.ts";
import type { Paint, Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";
import { countText } from "../words.ts";

const paints: Record<Finding["verdict"], Paint> = { ok: "green", warn: "yellow", fail: "red" };

export function registerDoctor(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "doctor",
    summary: "look whether everything Gyre needs is here and works",
    examples: [["gyre doctor", "one line for each thing, with what to do about it"]],
    options: [{ flags: "--dir <folder>", says: "the folder of the state (.gyre)" }],
    schema: z.object({ dir: z.string().optional() }),
    async act({ options }) {
      const findings = await examine(options.dir);
      if (terminal.wantsJson) terminal.printJson(findings);
      else for (const finding of findings) print(terminal, finding);
      const failed = findings.filter(({ verdict }) => verdict === "fail");
      if (failed.length === 0) return;
      throw new Problem(problems.doctor_found_failures, {
        message: `${countText(failed.length, "check")} failed: ${failed.map(({ subject }) => subject).join(", ")}.`,
        data: { failed: failed.map(({ subject }) => subject) },
      });
    },
  });
}

function print(terminal: Terminal, { subject, verdict, sentence, next }: Finding): void {
  terminal.print(`${terminal.paint(paints[verdict], verdict.padEnd(4))}  ${subject.padEnd(9)}  ${sentence}`);
  if (next !== undefined) terminal.print(`${" ".repeat(17)}next: ${next}`);
}

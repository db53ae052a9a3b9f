import { readFileSync } from "node:fs";
import { join } from "node:path";

import { summarySchema } from "../dvc-conformance/summary.ts";
import type { Summary } from "../dvc-conformance/summary.ts";
import { generatedNote, table } from "./markdown.ts";

const summaryFile = join(import.meta.dirname, "..", "dvc-conformance", "summary.json");

/** How `gyre dvc` compares with `dvc` on public repositories, from the last whole run. */
export function renderDvc(): string {
  const summary = summarySchema.parse(JSON.parse(readFileSync(summaryFile, "utf8")));
  const all = total(summary);
  return `${[
    "# Compatibility with DVC",
    generatedNote,
    `\`gyre dvc\` speaks the words of DVC 3.67.1 and writes its files. Both programs were asked the same of
${summary.repositories.length} public repositories, each in a copy of its own: ${all.asked} questions and deeds, of which
${all.same} had the same answer and left the same bytes (${all.failed} of them by failing alike), ${all.excepted} differ for a reason below, ${all.different} differ
and should not, and ${all.leftOut} could not be compared. [tools/dvc-conformance](../../tools/dvc-conformance/README.md)
says how, and fails when something differs without a reason.`,
    `## What was asked

JSON is compared as values, a text as it is; whatever changes files, every byte of \`dvc.lock\`, \`.dvc\` files,
\`.gitignore\`, data, cache and remote, with their modes. Of plots it is compared which there are.

${renderRows(
  "question",
  summary.questions.map((one) => ({ ...one, name: `\`${one.question}\`` })),
)}`,
    `## Repositories

${renderRows(
  "repository",
  summary.repositories.map((one) => ({ ...one, name: `${one.name} at \`${one.commit.slice(0, 7)}\`` })),
)}`,
    `## What differs, and why

${renderReasons(summary)}`,
  ].join("\n\n")}\n`;
}

type Counts = Pick<
  Summary["repositories"][number],
  "name" | "same" | "failed" | "excepted" | "different" | "leftOut"
>;

function renderRows(title: string, rows: readonly Counts[]): string {
  return table(
    [title, "same", "of these, both fail", "differs for a reason", "differs", "not comparable"],
    rows.map(({ name, ...counts }) => [
      name,
      String(counts.same),
      shown(counts.failed),
      shown(counts.excepted),
      shown(counts.different),
      shown(counts.leftOut),
    ]),
  );
}

function shown(count: number): string {
  return count === 0 ? "" : String(count);
}

function renderReasons({ reasons }: Summary): string {
  return table(
    ["", "why", "times"],
    reasons.map(({ verdict, reason, count }) => [verdict, reason, String(count)]),
  );
}

function total({ repositories }: Summary): Omit<Counts, "name"> & { readonly asked: number } {
  const sum = (pick: (one: Counts) => number): number =>
    repositories.reduce((whole, one) => whole + pick(one), 0);
  const counts = {
    same: sum(({ same }) => same),
    failed: sum(({ failed }) => failed),
    excepted: sum(({ excepted }) => excepted),
    different: sum(({ different }) => different),
    leftOut: sum(({ leftOut }) => leftOut),
  };
  return { ...counts, asked: counts.same + counts.excepted + counts.different + counts.leftOut };
}

import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import type { Client } from "./client.ts";
import { printPage, section } from "./listing.ts";
import { problems } from "./problems.ts";
import { tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export const verificationSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  failure: z.string().nullable(),
  createdAtMs: z.number(),
  done: z.number(),
  stages: z.array(
    z.looseObject({
      stage: z.string(),
      state: z.string(),
      verdict: z.string().nullable(),
      message: z.string().nullable(),
      waitingReason: z.string().nullable(),
    }),
  ),
});
/** One of a list of them. */
export const verificationSummarySchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  createdAtMs: z.number(),
  counts: z.record(z.string(), z.number()),
});
type Verification = z.infer<typeof verificationSchema>;

const lookEveryMs = 500;

/**
 * Tells each stage as it is done, and all of them at the end, or as they stand without `wait`. Leaving leaves
 * it to the server. Throws `not_reproducible`, and `verification_ended` when it did not come to its end.
 */
export async function followVerification(
  client: Client,
  terminal: Terminal,
  address: string,
  { wait }: { readonly wait: boolean },
): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    const verification = await client.get(address, verificationSchema);
    if (verification.state === "running" && wait) {
      for (const line of newsOf(verification, told)) terminal.say(line);
      await sleep(lookEveryMs);
      continue;
    }
    printPage(terminal, verification, verificationLines(terminal, verification));
    if (verification.state !== "running") refuseBadEnd(verification);
    return;
  }
}

function newsOf(verification: Verification, told: Set<string>): readonly string[] {
  const { stages, done } = verification;
  const lines = stages.flatMap(({ stage, state, verdict, waitingReason }) => {
    if (state === "done") return [`${stage}: ${wordsOf(verdict)} (${done} of ${stages.length})`];
    if (state !== "running") return [];
    return [waitingReason === null ? `${stage}: runs` : `${stage}: ${waitingReason}`];
  });
  const news = lines.filter((line) => !told.has(firstWords(line)));
  for (const line of news) told.add(firstWords(line));
  return news;
}

/** Without the count, which grows while the line is the same. */
function firstWords(line: string): string {
  return line.replace(/ \(\d+ of \d+\)$/, "");
}

function progressText({ done, stages }: Verification): string {
  return `${done} of ${stages.length}`;
}

export function summaryProgress({ counts }: z.infer<typeof verificationSummarySchema>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `${total - (counts["waiting"] ?? 0) - (counts["running"] ?? 0)} of ${total}`;
}

export function verificationLines(terminal: Terminal, verification: Verification): readonly string[] {
  const { id, state, failure, stages } = verification;
  const table = tableLines(stages, [
    { title: "stage", of: ({ stage }) => stage },
    { title: "verdict", of: (stage) => (stage.verdict === null ? stage.state : wordsOf(stage.verdict)) },
    { title: "why", of: ({ message, waitingReason }) => message ?? waitingReason ?? "" },
  ]);
  return [
    `${id} is ${state}: ${progressText(verification)} stages.`,
    ...(failure === null ? [] : [failure]),
    ...section(terminal, "Stages", stages.length === 0 ? ["The pipeline has no stage."] : table),
  ];
}

function wordsOf(verdict: string | null): string {
  return (verdict ?? "").replace("_", " ");
}

function refuseBadEnd({ id, state, failure, stages }: Verification): void {
  if (state !== "finished") {
    throw new Problem(problems.verification_ended, {
      message: `${id} was ${state === "cancelled" ? "cancelled" : "given up"}${failure === null ? "" : `: ${failure}`}.`,
      data: { verification: id, state },
    });
  }
  const bad = stages.filter(({ verdict }) => verdict === "differs" || verdict === "failed");
  if (bad.length === 0) return;
  throw new Problem(problems.not_reproducible, {
    message: `Not reproducible: ${bad.map(({ stage }) => stage).join(", ")}.`,
    data: { stages: bad.map(({ stage }) => stage) },
  });
}

import { z } from "zod";

import { bothFail } from "./outcomes.ts";
import type { Judged } from "./outcomes.ts";

const counts = z.object({
  same: z.number(),
  /** Of those that are the same: where both programs fail, and only their exit codes are compared. */
  failed: z.number(),
  excepted: z.number(),
  different: z.number(),
  leftOut: z.number(),
});

/** What a whole run came to: kept beside the code, and what the page of compatibility is made of. */
export const summarySchema = z.object({
  repositories: z.array(counts.extend({ name: z.string(), commit: z.string() })),
  questions: z.array(counts.extend({ question: z.string() })),
  reasons: z.array(z.object({ verdict: z.string(), reason: z.string(), count: z.number() })),
});
export type Summary = z.output<typeof summarySchema>;

export function summarise(judged: readonly Judged[]): Summary {
  const byRepository = Map.groupBy(judged, ({ repository }) => repository);
  const byQuestion = Map.groupBy(judged, ({ question }) => question.replace(/^.*, /, ""));
  // How an answer differs holds words of its repository, which are not ours to keep.
  const byReason = Map.groupBy(
    judged.filter(({ verdict }) => verdict === "excepted" || verdict === "left out"),
    ({ verdict, reason }) => `${verdict}\0${reason}`,
  );
  return {
    repositories: [...byRepository].map(([name, own]) => ({
      name,
      commit: own[0]?.commit ?? "",
      ...count(own),
    })),
    questions: [...byQuestion].map(([question, own]) => ({ question, ...count(own) })),
    reasons: [...byReason.values()].flatMap((own) =>
      own[0] === undefined ? [] : [{ verdict: own[0].verdict, reason: own[0].reason, count: own.length }],
    ),
  };
}

function count(own: readonly Judged[]): z.output<typeof counts> {
  const of = (verdict: Judged["verdict"]): number => own.filter((one) => one.verdict === verdict).length;
  return {
    same: of("same"),
    failed: own.filter(({ reason }) => reason === bothFail).length,
    excepted: of("excepted"),
    different: of("different"),
    leftOut: of("left out"),
  };
}

import { z } from "zod";

import type { Exception } from "./exceptions.ts";
import type { Judged } from "./outcomes.ts";
import { areas } from "./suites.ts";

const counts = z.object({
  name: z.string(),
  passed: z.number(),
  notPassed: z.number(),
  inside: z.number(),
  skipped: z.number(),
});

/** What a whole run came to: kept beside the code, and what the page of compatibility is made of. */
export const summarySchema = z.object({
  suites: z.array(counts),
  areas: z.array(counts.extend({ isClaimed: z.boolean() })),
  exceptions: z.array(z.object({ kind: z.string(), reason: z.string(), tests: z.array(z.string()) })),
});
export type Summary = z.output<typeof summarySchema>;

export function summarise(judged: readonly Judged[], exceptions: readonly Exception[]): Summary {
  const claimed = areas.filter((area) => area.isClaimed).map((area) => area.name);
  const bySuite = Map.groupBy(
    judged.filter((one) => claimed.includes(one.area)),
    (one) => one.suite,
  );
  return {
    suites: [...bySuite].map(([name, own]) => count(name, own)),
    areas: areas.map(({ name, isClaimed }) => ({
      ...count(
        name,
        judged.filter((one) => one.area === name),
      ),
      isClaimed,
    })),
    exceptions: exceptions
      .filter((exception) => exception.kind !== "inside")
      .map(({ kind, reason }) => ({
        kind,
        reason,
        tests: judged
          .filter((one) => one.verdict === "excepted" && one.reason === reason)
          .map((one) => one.test),
      })),
  };
}

function count(name: string, own: readonly Judged[]): z.output<typeof counts> {
  const of = (...verdicts: Judged["verdict"][]): number =>
    own.filter((one) => verdicts.includes(one.verdict)).length;
  return {
    name,
    passed: of("passed", "unexpected"),
    notPassed: of("failed", "excepted"),
    inside: of("inside"),
    skipped: of("skipped"),
  };
}

import { z } from "zod";

import type { Client } from "./client.ts";
import { path } from "./client.ts";
import { tableLines } from "./table.ts";
import { durationText, numberText, shareText } from "./words.ts";

const verdict = z.enum(["passed", "failed", "inconclusive"]);
const interval = z.tuple([z.number(), z.number()]).nullable();

const gateSchema = z.looseObject({
  gate: z.looseObject({ id: z.string(), sentence: z.string() }),
  verdict,
  value: z.number().nullable(),
  interval,
  n: z.number(),
  bound: z.number().nullable(),
  baseline: z.number().nullish(),
  /** What was found, in words. */
  finding: z.string(),
  slices: z.array(
    z.looseObject({ slice: z.string(), verdict, value: z.number().nullable(), interval, n: z.number() }),
  ),
});

export const releaseSchema = z.looseObject({
  id: z.string(),
  environment: z.string(),
  model: z.string(),
  number: z.number(),
  state: z.string(),
  requestedBy: z.string(),
  requestedAtMs: z.number(),
  reason: z.string().nullish(),
  threshold: z.number().nullable(),
  gates: z.array(gateSchema),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ by: z.string(), atMs: z.number(), note: z.string().nullish() })),
  exception: z.object({ by: z.string(), reason: z.string() }).nullish(),
  steps: z.array(
    z.looseObject({ kind: z.string(), durationMs: z.number().optional(), share: z.number().optional() }),
  ),
  currentStep: z.number().nullable(),
  replaces: z.string().nullable(),
  endReason: z.string().nullable(),
});
export type Release = z.infer<typeof releaseSchema>;

const answerSchema = z.object({ release: releaseSchema });

export async function getRelease(client: Client, project: string, id: string): Promise<Release> {
  return (await client.get(path`/api/v1/projects/${project}/releases/${id}`, answerSchema)).release;
}

export async function orderRelease(client: Client, address: string, body: unknown): Promise<Release> {
  return (await client.send("POST", address, answerSchema, body)).release;
}

/** Newest first. */
export async function listReleases(client: Client, project: string): Promise<readonly Release[]> {
  const schema = z.object({ releases: z.array(releaseSchema) });
  return (await client.get(path`/api/v1/projects/${project}/releases`, schema)).releases;
}

/** The gates with what they measured; under a gate the slices that did not pass it. */
export function gateLines(release: Release): readonly string[] {
  const rows = release.gates.flatMap((result) => [
    { name: result.gate.id, bound: result.bound, ...pick(result) },
    ...result.slices
      .filter((slice) => slice.verdict !== "passed")
      .map((slice) => ({ name: `  ${slice.slice}`, bound: result.bound, ...pick(slice) })),
  ]);
  return tableLines(rows, [
    { title: "gate", of: ({ name }) => name },
    { title: "verdict", of: ({ verdict: text }) => text },
    { title: "value", of: ({ value }) => numberText(value), isNumber: true },
    {
      title: "interval",
      of: ({ interval: range }) =>
        range === null ? "-" : `${numberText(range[0])} to ${numberText(range[1])}`,
    },
    { title: "n", of: ({ n }) => String(n), isNumber: true },
    { title: "bound", of: ({ bound }) => numberText(bound), isNumber: true },
  ]);
}

function pick({
  verdict: text,
  value,
  interval: range,
  n,
}: Pick<Release["gates"][number], "verdict" | "value" | "interval" | "n">): {
  verdict: string;
  value: number | null;
  interval: readonly [number, number] | null;
  n: number;
} {
  return { verdict: text, value, interval: range, n };
}

/** `shadow for 10 min`, `canary at 10 % for 10 min`, `all traffic`. */
export function stepText({ kind, durationMs, share }: Release["steps"][number]): string {
  const time = durationMs === undefined ? "" : ` for ${durationText(durationMs)}`;
  if (kind === "all") return "all traffic";
  return share === undefined ? `${kind}${time}` : `${kind} at ${shareText(share)}${time}`;
}

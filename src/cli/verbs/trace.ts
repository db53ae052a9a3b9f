import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { treeLines } from "../tree.ts";
import type { Branch } from "../tree.ts";
import { word } from "../verb.ts";
import { numberText, shortId, timeText } from "../words.ts";

const personSchema = z.looseObject({ name: z.string() });
const outcomeSchema = z.looseObject({ value: z.string(), observedAtMs: z.number() });

const traceSchema = z.looseObject({
  prediction: z.looseObject({
    predictionId: z.string(),
    atMs: z.number(),
    deployment: z.string(),
    role: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    label: z.string(),
    score: z.number(),
    decision: z.boolean(),
    threshold: z.number().nullable(),
  }),
  outcome: outcomeSchema.nullable(),
  earlierOutcomes: z.array(outcomeSchema),
  release: z.looseObject({
    id: z.string(),
    environment: z.string(),
    state: z.string(),
    reason: z.string(),
    requestedBy: personSchema,
    requestedAtMs: z.number(),
    approvals: z.array(z.looseObject({ by: personSchema, atMs: z.number(), note: z.string().nullable() })),
    liveAtMs: z.number().nullable(),
  }),
  modelVersion: z.looseObject({
    model: z.string(),
    number: z.number(),
    kind: z.string(),
    digest: z.string(),
    createdAtMs: z.number(),
    author: personSchema,
    purpose: z.looseObject({ kind: z.string(), reason: z.string() }).nullable(),
  }),
  runId: z.string().nullable(),
  executionId: z.string().nullable(),
  codeDigest: z.string().nullable(),
  environmentDigest: z.string().nullable(),
  data: z.array(
    z.looseObject({
      dataset: z.string(),
      number: z.number(),
      digest: z.string(),
      source: z.string(),
      rows: z.number(),
    }),
  ),
});
type Trace = z.infer<typeof traceSchema>;

export function registerTrace(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "trace <prediction>",
    summary: "where a prediction came from",
    arguments: { prediction: "the id that came with the prediction" },
    examples: [
      ["gyre trace pred_01k…", "release and approvals, model version, code, environment, data, outcome"],
    ],
    schema: z.object({}),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/predictions/${word(call, 0)}/trace`;
      const trace = await call.client.get(address, traceSchema);
      printPage(terminal, trace, treeLines(branchOf(trace)));
    },
  });
}

function branchOf(trace: Trace): Branch {
  const { prediction } = trace;
  const against =
    prediction.threshold === null ? "" : ` against the threshold ${numberText(prediction.threshold)}`;
  return {
    text: `prediction ${prediction.predictionId}, ${timeText(prediction.atMs)}`,
    below: [
      {
        text: `said ${prediction.label}: score ${numberText(prediction.score)}${against}, decision ${prediction.decision ? "yes" : "no"}`,
      },
      {
        text: "asked with",
        below: Object.entries(prediction.inputs).map(([name, value]) => ({
          text: `${name}: ${inputText(value)}`,
        })),
      },
      outcomeBranch(trace),
      releaseBranch(trace),
      versionBranch(trace),
    ],
  };
}

function outcomeBranch({ outcome, earlierOutcomes }: Trace): Branch {
  if (outcome === null) return { text: "outcome: not known yet" };
  return {
    text: `outcome: ${outcome.value}, known since ${timeText(outcome.observedAtMs)}`,
    below: earlierOutcomes.map(({ value, observedAtMs }) => ({
      text: `corrects ${value}, of ${timeText(observedAtMs)}`,
    })),
  };
}

function releaseBranch({ release, prediction }: Trace): Branch {
  return {
    text: `release ${release.id} to ${release.environment} (${release.state.replaceAll("_", " ")}), as ${prediction.role}`,
    below: [
      {
        text: `asked for by ${release.requestedBy.name}, ${timeText(release.requestedAtMs)}: ${release.reason}`,
      },
      ...release.approvals.map(({ by, atMs, note }) => ({
        text: `approved by ${by.name}, ${timeText(atMs)}${note === null ? "" : `: ${note}`}`,
      })),
      ...(release.liveAtMs === null ? [] : [{ text: `live since ${timeText(release.liveAtMs)}` }]),
    ],
  };
}

function versionBranch(trace: Trace): Branch {
  const { modelVersion, data } = trace;
  const digests: readonly (readonly [string, string | null])[] = [
    ["execution", trace.executionId],
    ["run", trace.runId],
    ["code", trace.codeDigest && shortId(trace.codeDigest)],
    ["environment", trace.environmentDigest && shortId(trace.environmentDigest)],
  ];
  const why = modelVersion.purpose === null ? "" : `: ${modelVersion.purpose.reason}`;
  return {
    text: `model ${modelVersion.model}@${modelVersion.number} (${modelVersion.kind}, ${shortId(modelVersion.digest)})`,
    below: [
      { text: `made by ${modelVersion.author.name}, ${timeText(modelVersion.createdAtMs)}${why}` },
      ...digests.flatMap(([name, id]) => (id === null ? [] : [{ text: `${name} ${id}` }])),
      ...data.map(({ dataset, number, rows, source, digest }) => ({
        text: `data ${dataset}@${number}: ${rows} rows from ${source} (${shortId(digest)})`,
      })),
    ],
  };
}

function inputText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

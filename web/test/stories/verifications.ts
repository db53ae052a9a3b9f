import type { Verification, VerificationSummary, VerifiedStage } from "../../src/data/verifications.ts";
import type { StoryAnswer } from "./answer.ts";
import { hour, nowMs } from "./time.ts";

const kept = "sha256-3f0a1c9b77e2d4586a1b0c9d8e7f60515243342516072839405a6b7c8d9eafb0";
const found = "sha256-9be1d2c3b4a5968778695a4b3c2d1e0f00112233445566778899aabbccddeeff";

const stage = (position: number, name: string, more: Partial<VerifiedStage>): VerifiedStage => ({
  position,
  stage: name,
  state: "done",
  verdict: "reproducible",
  differing: [],
  message: null,
  waitingReason: null,
  execution: "exe_06",
  startedAtMs: nowMs - hour + position * 60_000,
  endedAtMs: nowMs - hour + position * 60_000 + 42_000,
  ...more,
});

const open = { verdict: null, endedAtMs: null } as const;

const verification = (
  id: string,
  state: Verification["state"],
  stages: VerifiedStage[],
  more: Partial<Verification> = {},
): Verification => ({
  id,
  targets: [],
  state,
  failure: null,
  actor: "usr_mira",
  createdAtMs: nowMs - hour,
  endedAtMs: state === "running" ? null : nowMs - hour / 2,
  done: stages.filter((each) => each.state === "done").length,
  stages,
  ...more,
});

const differs = {
  verdict: "differs",
  differing: [
    { path: "models/classifier", kept, found },
    { path: "reports/importance-of-each-word-of-the-vocabulary.json", kept: found, found: null },
  ],
  message:
    "It gave other bytes for models/classifier, reports/importance-of-each-word-of-the-vocabulary.json from the same inputs.",
} as const satisfies Partial<VerifiedStage>;

const verifications = [
  verification("ver_5", "running", [
    stage(0, "prepare", {}),
    stage(1, "train", { ...differs, differing: [...differs.differing] }),
    stage(2, "evaluate", {
      ...open,
      state: "running",
      waitingReason: "waits for 1 GPU, which train of exe_07 holds",
    }),
    stage(3, "export", { ...open, state: "waiting", startedAtMs: null, execution: null }),
  ]),
  verification("ver_4", "finished", [
    stage(0, "prepare", {}),
    stage(1, "train", { ...differs, differing: [...differs.differing] }),
    stage(2, "evaluate", { verdict: "failed", message: '"python evaluate.py" ended with exit code 1.' }),
    stage(3, "export", {
      verdict: "not_cached",
      execution: null,
      message: "It has no result as the project stood.",
    }),
    stage(4, "embed", { verdict: "elsewhere", message: 'It runs on the target "cluster".' }),
  ]),
  verification("ver_3", "finished", [stage(0, "prepare", {}), stage(1, "evaluate", {})], {
    targets: ["prepare", "evaluate"],
  }),
  verification(
    "ver_2",
    "failed",
    [stage(0, "prepare", { ...open, state: "waiting", startedAtMs: null, execution: null })],
    { failure: "The code of the pipeline is not among the blobs any more." },
  ),
  verification(
    "ver_1",
    "cancelled",
    Array.from({ length: 2_000 }, (_, at) =>
      at < 400
        ? stage(at, `featurise@part-${at}`, {})
        : stage(at, `featurise@part-${at}`, { ...open, state: "waiting", startedAtMs: null }),
    ),
    { targets: ["featurise"] },
  ),
];

function summary({ stages, ...rest }: Verification, chosen: string | null): VerificationSummary | undefined {
  const { done: _, ...common } = rest;
  const named = stages.find((each) => each.stage === chosen) ?? null;
  if (chosen !== null && named === null) return undefined;
  const counts = Map.groupBy(stages, (each) => each.verdict ?? each.state);
  return {
    ...common,
    counts: Object.fromEntries([...counts].map(([word, those]) => [word, those.length])),
    stage: named,
  };
}

/** What the invented server says about cached steps that were run again. */
export const verificationAnswers: Record<string, StoryAnswer> = {
  "pipeline/verifications": (query) => ({
    verifications: verifications.flatMap((each) => summary(each, query.get("stage")) ?? []),
  }),
  ...Object.fromEntries(verifications.map((each) => [`pipeline/verifications/${each.id}`, each])),
};

const base = "/projects/airline-care";

export const verificationPages: Record<string, string> = {
  verifications: `${base}/pipeline?tab=verifications`,
  "verifications-of-stage": `${base}/pipeline?tab=verifications&at=train`,
  "verifications-of-none": `${base}/pipeline?tab=verifications&at=ingest`,
  "verification-running": `${base}/verifications/ver_5`,
  "verification-differs": `${base}/verifications/ver_4`,
  "verification-good": `${base}/verifications/ver_3`,
  "verification-failed": `${base}/verifications/ver_2`,
  "verification-large": `${base}/verifications/ver_1`,
  "verification-missing": `${base}/verifications/ver_99`,
};

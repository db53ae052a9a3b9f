import { z } from "zod";

import { section } from "./listing.ts";
import { factLines, tableLines } from "./table.ts";
import type { Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { numberText, shareText, shortId, timeText } from "./words.ts";

const trialSchema = z.looseObject({
  number: z.number(),
  state: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  execution: z.string().nullable(),
  values: z.array(z.number()).nullable(),
  reason: z.string(),
});
export type StudyTrial = z.infer<typeof trialSchema>;

export const summarySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  reason: z.string(),
  wantedTrials: z.number(),
  declaration: z.looseObject({
    sampler: z.string(),
    objectives: z.array(z.object({ metric: z.string(), goal: z.string() })),
  }),
  counts: z.object({
    running: z.number(),
    complete: z.number(),
    pruned: z.number(),
    failed: z.number(),
    cancelled: z.number(),
  }),
  best: z.array(trialSchema),
  createdAtMs: z.number(),
});
type Summary = z.infer<typeof summarySchema>;

export const studySchema = summarySchema.extend({
  trials: z.array(trialSchema),
  importances: z.array(
    z
      .looseObject({
        metric: z.string(),
        parameters: z.array(z.object({ name: z.string(), share: z.number() })),
        together: z.number(),
      })
      .nullable(),
  ),
});
export type StudyPage = z.infer<typeof studySchema>;

export const summaryColumns: readonly Column<Summary>[] = [
  { title: "study", of: ({ name }) => name },
  { title: "id", of: ({ id }) => shortId(id) },
  { title: "state", of: ({ state }) => state },
  { title: "trials", of: ({ counts, wantedTrials }) => `${hadOf(counts)}/${wantedTrials}`, isNumber: true },
  { title: "failed", of: ({ counts }) => String(counts.failed), isNumber: true },
  { title: "best", of: bestText },
  { title: "started", of: ({ createdAtMs }) => timeText(createdAtMs) },
];

function hadOf({ complete, pruned, failed }: Summary["counts"]): number {
  return complete + pruned + failed;
}

function bestText({ declaration, best }: Summary): string {
  const [first] = best;
  if (first === undefined) return "-";
  const values = declaration.objectives.map(
    ({ metric }, index) => `${metric} ${numberText(first.values?.[index])}`,
  );
  return best.length === 1 ? values.join(", ") : `${values.join(", ")} and ${best.length - 1} more`;
}

const shownTrials = 10;

/** A study for a reader: where it stands, what is best, what mattered, and what came last. */
export function studyLines(terminal: Terminal, study: StudyPage): readonly string[] {
  const { counts, trials, importances } = study;
  const objectives = study.declaration.objectives.map(({ goal, metric }) => `${goal} ${metric}`);
  const shown = trials.slice(-shownTrials);
  return [
    ...factLines([
      ["study", `${study.name} (${study.id})`],
      ["state", `${study.state}: ${study.reason}`],
      ["objective", objectives.join(", ")],
      ["sampler", study.declaration.sampler],
      [
        "trials",
        `${hadOf(counts)} of ${study.wantedTrials}: ${counts.complete} complete, ${counts.pruned} pruned, ${counts.failed} failed, ${counts.running} running`,
      ],
    ]),
    ...section(
      terminal,
      "Best",
      tableLines(study.best.slice(0, shownTrials), trialColumns).slice(study.best.length === 0 ? 1 : 0),
    ),
    ...(study.best[0] === undefined || study.state === "running"
      ? []
      : ["", `To run the pipeline with the best values: gyre run ${runOptions(study.best[0])}`]),
    ...importances.flatMap((importance) =>
      importance === null
        ? []
        : section(terminal, `What mattered for ${importance.metric}`, [
            ...factLines(importance.parameters.map(({ name, share }) => [name, shareText(share)])),
            ...factLines([["together", shareText(importance.together)]]),
          ]),
    ),
    ...section(
      terminal,
      shown.length < trials.length ? "The last trials" : "Trials",
      tableLines(shown, trialColumns),
    ),
  ];
}

/** Trials register no model; the same values in a run of its own do, and all of it comes from the cache. */
function runOptions({ parameters }: StudyTrial): string {
  return Object.entries(parameters)
    .map(
      ([name, value]) => `-p '${name}=${typeof value === "string" ? JSON.stringify(value) : String(value)}'`,
    )
    .join(" ");
}

const trialColumns: readonly Column<StudyTrial>[] = [
  { title: "trial", of: ({ number }) => String(number), isNumber: true },
  { title: "state", of: ({ state }) => state },
  { title: "value", of: valuesText, isNumber: true },
  { title: "parameters", of: parametersText },
  { title: "why", of: ({ reason }) => reason },
];

export function valuesText({ values }: StudyTrial): string {
  return values === null ? "-" : values.map(numberText).join(", ");
}

export function parametersText({ parameters }: StudyTrial): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === "number" ? numberText(value) : String(value)}`)
    .join(" ");
}

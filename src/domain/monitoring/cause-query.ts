import { z } from "zod";

import { explainRise } from "./cause.ts";
import type { Group, GroupCounts } from "./cause.ts";
import { isProse } from "./drift-features.ts";
import type { Cause, DriftFeature } from "./entities.ts";
import type { LogSources } from "./outcome-log.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { WatchedRelease } from "./ports.ts";
import { shiftedWords } from "./vocabulary.ts";
import type { ShiftedWord } from "./vocabulary.ts";
import { inputSql, judgedSql, segmentName } from "./window-query.ts";

export interface CauseSources {
  readonly sources: LogSources;
  readonly project: string;
  readonly plan: MonitoringPlan;
  readonly release: Pick<WatchedRelease, "id" | "number" | "liveAtMs">;
  readonly onsetMs: number;
  /** The end of the windows whose outcomes have had their time. */
  readonly maturedUntilMs: number;
  readonly nowMs: number;
  readonly drift: readonly DriftFeature[];
}

/** Four weeks before the onset: long enough to know what is usual, and whole weeks. */
const beforeWindows = 28;

/**
 * Compares the predictions with outcomes since the onset with those of the weeks before, whatever release
 * answered them: by segment, by true class, and by the words of the texts.
 */
export async function findCause(question: CauseSources): Promise<Cause> {
  const compared = await comparedSql(question);
  const rows = await countGroups(question, compared);
  const total = toGroup(
    "",
    rows.filter(({ segment }) => segment === ""),
  );
  const words = await readWords(question, compared, total);
  return explainRise({
    onsetMs: question.onsetMs,
    costs: question.plan.costs,
    currency: question.plan.currency,
    windowMs: question.plan.windowMs,
    total,
    segments: question.plan.segments.map((column) => {
      const own = rows.filter(({ segment }) => segment.startsWith(segmentName(column, "")));
      return [...Map.groupBy(own, ({ segment }) => segment)].map(([name, group]) => toGroup(name, group));
    }),
    classes: [
      ...Map.groupBy(
        rows.filter(({ segment }) => segment === ""),
        ({ value }) => value,
      ),
    ].map(([name, group]) => toGroup(name, group)),
    ...words,
    drift: question.drift,
    release: question.release,
  });
}

interface Compared {
  /** `compared` has a row per prediction with an outcome, with `since` and the error it was. `$1`: project, `$2`: positive. */
  readonly sql: string;
  readonly parameters: readonly string[];
}

async function comparedSql({
  sources,
  project,
  plan,
  release,
  onsetMs,
  maturedUntilMs,
  nowMs,
}: CauseSources): Promise<Compared> {
  const fromMs = onsetMs - beforeWindows * plan.windowMs;
  const judged = await judgedSql(sources, { plan, fromMs, untilMs: nowMs });
  return {
    sql: `${judged}, compared as (
      select prediction_id, inputs, value, at_ms >= ${onsetMs} as since,
        decision = 0 and value = $2 as false_negative, decision = 1 and value <> $2 as false_positive
      from judged where part = 'answered' and value is not null and at_ms < ${maturedUntilMs}
        and (at_ms < ${onsetMs} or release = $3))`,
    parameters: [project, plan.positive, release.id],
  };
}

const groupSchema = z.object({
  segment: z.string(),
  value: z.string(),
  since: z.boolean(),
  rows: z.number(),
  false_negative: z.number(),
  false_positive: z.number(),
});
type GroupRow = z.infer<typeof groupSchema>;

async function countGroups({ sources, plan }: CauseSources, compared: Compared): Promise<GroupRow[]> {
  const segments = plan.segments.map(
    (column) =>
      `'${segmentName(column, "").replaceAll("'", "''")}' || coalesce(${inputSql(column)}, '(missing)')`,
  );
  return await sources.analyst.rows(
    `with ${compared.sql}
     select segment, value, since, count(*) as rows, count(*) filter (false_negative) as false_negative,
       count(*) filter (false_positive) as false_positive
     from (select *, unnest([${["''", ...segments].join(", ")}]) as segment from compared)
     group by segment, value, since order by segment, value, since`,
    compared.parameters,
    groupSchema,
  );
}

function toGroup(name: string, rows: readonly Omit<GroupRow, "segment" | "value">[]): Group {
  const countsOf = (since: boolean): GroupCounts => {
    const own = rows.filter((row) => row.since === since);
    return {
      rows: own.reduce((sum, row) => sum + row.rows, 0),
      falseNegative: own.reduce((sum, row) => sum + row.false_negative, 0),
      falsePositive: own.reduce((sum, row) => sum + row.false_positive, 0),
    };
  };
  return { name, before: countsOf(false), since: countsOf(true) };
}

async function readWords(
  question: CauseSources,
  compared: Compared,
  total: Group,
): Promise<{ words: readonly ShiftedWord[]; withWords: Group | null; examples: readonly string[] }> {
  const { analyst } = question.sources;
  const nothing = { words: [], withWords: null, examples: [] };
  const columns = await proseColumns(question, compared);
  if (columns.length === 0) return nothing;
  const text = columns.map((column) => `coalesce(${inputSql(column)}, '')`).join(" || ' ' || ");
  const tokens = `list_distinct(regexp_extract_all(lower(${text}), '[#@]?[\\p{L}\\p{N}][\\p{L}\\p{N}''’_-]*'))`;
  const counts = await analyst.rows(
    `with ${compared.sql}
     select word, count(*) filter (not since) as before, count(*) filter (since) as since
     from (select since, unnest(${tokens}) as word from compared) group by word having count(*) >= 3
     order by count(*) desc, word limit 50000`,
    compared.parameters,
    z.object({ word: z.string(), before: z.number(), since: z.number() }),
  );
  const words = shiftedWords(counts, { before: total.before.rows, since: total.since.rows });
  if (words.length === 0) return nothing;

  const list = words.map(({ word }) => word);
  const marked = `select *, ${text} as text, list_has_any(${tokens}, $4::varchar[]) as has_word from compared`;
  const rows = await analyst.rows(
    `with ${compared.sql}
     select since, count(*) as rows, count(*) filter (false_negative) as false_negative,
       count(*) filter (false_positive) as false_positive from (${marked}) where has_word group by since`,
    [...compared.parameters, list],
    groupSchema.omit({ segment: true, value: true }),
  );
  const examples = await analyst.rows(
    `with ${compared.sql}
     select text from (${marked}) where has_word and since and (false_negative or false_positive)
     order by prediction_id limit 3`,
    [...compared.parameters, list],
    z.object({ text: z.string() }),
  );
  return {
    words,
    withWords: toGroup("new words", rows),
    examples: examples.map(({ text: message }) => `“${message.trim().slice(0, 160)}”`),
  };
}

/** The inputs that are written by people. */
async function proseColumns({ sources }: CauseSources, compared: Compared): Promise<string[]> {
  const rows = await sources.analyst.rows(
    `with ${compared.sql} select inputs from compared where $2 is not null order by prediction_id limit 200`,
    compared.parameters,
    z.object({ inputs: z.string() }),
  );
  const values = new Map<string, string[]>();
  for (const row of rows) {
    for (const [column, value] of Object.entries(
      z.record(z.string(), z.unknown()).parse(JSON.parse(row.inputs)),
    )) {
      if (typeof value === "string") values.set(column, [...(values.get(column) ?? []), value]);
    }
  }
  return [...values].filter(([, texts]) => isProse(texts)).map(([column]) => column);
}

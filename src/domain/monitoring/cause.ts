import type { ErrorCosts } from "#stats";

import type { Cause, DriftFeature, RankedCause } from "./entities.ts";
import { shown } from "./incidents.ts";
import type { ShiftedWord } from "./vocabulary.ts";

/** What became of a group of predictions before the onset and since. */
export interface GroupCounts {
  readonly rows: number;
  readonly falseNegative: number;
  readonly falsePositive: number;
}

export interface Group {
  readonly name: string;
  readonly before: GroupCounts;
  readonly since: GroupCounts;
}

export interface CauseQuestion {
  readonly onsetMs: number;
  readonly costs: ErrorCosts;
  readonly currency: string;
  readonly windowMs: number;
  /** All rows. */
  readonly total: Group;
  /** For each column that windows are cut by, its values. */
  readonly segments: readonly (readonly Group[])[];
  /** By what turned out to be true. */
  readonly classes: readonly Group[];
  readonly words: readonly ShiftedWord[];
  /** Messages that hold any of the words. */
  readonly withWords: Group | null;
  /** Messages with the words whose decision was wrong. */
  readonly examples: readonly string[];
  readonly drift: readonly DriftFeature[];
  readonly release: { readonly number: number; readonly liveAtMs: number | null };
}

/**
 * Ranks what may have caused a rise in cost. A group's contribution is the part of the rise in cost per
 * prediction that its own rows brought: they cost more each, or there are more of them. Groups that brought
 * no more than their share of the traffic explain nothing and are left out.
 */
export function explainRise(question: CauseQuestion): Cause {
  const rise =
    costPerRow(question, question.total.since, question.total.since.rows) -
    costPerRow(question, question.total.before, question.total.before.rows);
  const ranked = [
    ...wordCauses(question, rise),
    ...question.segments.flatMap((groups) => segmentCauses(question, groups, rise)),
    ...classCauses(question, rise),
    ...columnCauses(question),
    ...releaseCauses(question),
  ].toSorted((a, b) => b.weight - a.weight);
  return { ranked, sentence: sentenceOf(question, rise, ranked) };
}

function costPerRow({ costs }: CauseQuestion, counts: GroupCounts, rows: number): number {
  if (rows === 0) return 0;
  return (counts.falseNegative * costs.falseNegative + counts.falsePositive * costs.falsePositive) / rows;
}

/** The part of the rise that comes from a group's rows, between 0 and 1. */
function contribution(question: CauseQuestion, group: Group, rise: number): number {
  const { total } = question;
  if (rise <= 0) return 0;
  const since = costPerRow(question, group.since, total.since.rows);
  const before = costPerRow(question, group.before, total.before.rows);
  return Math.min(1, Math.max(0, (since - before) / rise));
}

function segmentCauses(question: CauseQuestion, groups: readonly Group[], rise: number): RankedCause[] {
  return groups.flatMap((group): RankedCause[] => {
    const part = contribution(question, group, rise);
    const traffic = group.since.rows / Math.max(1, question.total.since.rows);
    const stands = part >= 0.2 && part >= 1.25 * traffic && group.since.rows >= fewestRows;
    if (!stands) return [];
    const [before, since] = [
      costPerRow(question, group.before, group.before.rows),
      costPerRow(question, group.since, group.since.rows),
    ];
    return [
      {
        kind: "segment",
        name: group.name,
        detail: `${percent(part)} of the rise from ${percent(traffic)} of the traffic; a prediction costs ${money(since, question)}, before ${money(before, question)}`,
        weight: part,
        examples: [],
      },
    ];
  });
}

const fewestRows = 20;

function wordCauses(question: CauseQuestion, rise: number): RankedCause[] {
  const { words, withWords, examples } = question;
  if (words.length === 0 || withWords === null) return [];
  const part = contribution(question, withWords, rise);
  const traffic = withWords.since.rows / Math.max(1, question.total.since.rows);
  const listed = words.map(
    (word) =>
      `${word.word}: in ${percent(word.shareSince)} of messages (${word.since}), before ${percent(word.shareBefore)} (${word.before})`,
  );
  return [
    {
      kind: "vocabulary",
      name: words
        .slice(0, 4)
        .map(({ word }) => word)
        .join(", "),
      detail: `Words that are new or more frequent stand in ${percent(traffic)} of messages, which bring ${percent(part)} of the rise`,
      weight: part,
      examples: [...listed, ...examples],
    },
  ];
}

/** What the new mix of classes alone would have cost, each class at its earlier rate of errors. */
function classCauses(question: CauseQuestion, rise: number): RankedCause[] {
  const { total, classes } = question;
  const moved = classes
    .map((group) => ({
      group,
      shareBefore: group.before.rows / Math.max(1, total.before.rows),
      shareSince: group.since.rows / Math.max(1, total.since.rows),
    }))
    .toSorted((a, b) => Math.abs(b.shareSince - b.shareBefore) - Math.abs(a.shareSince - a.shareBefore));
  const most = moved[0];
  if (most === undefined || Math.abs(most.shareSince - most.shareBefore) < 0.03) return [];
  const byMix = moved.reduce(
    (sum, { group, shareBefore, shareSince }) =>
      sum + (shareSince - shareBefore) * costPerRow(question, group.before, group.before.rows),
    0,
  );
  return [
    {
      kind: "class_mix",
      name: most.group.name,
      detail: `${percent(most.shareSince)} of outcomes are ${most.group.name}, before ${percent(most.shareBefore)}`,
      weight: rise <= 0 ? 0 : Math.min(1, Math.max(0, byMix / rise)),
      examples: moved.map(
        ({ group, shareBefore, shareSince }) =>
          `${group.name}: ${percent(shareBefore)} → ${percent(shareSince)}`,
      ),
    },
  ];
}

function columnCauses({ drift }: CauseQuestion): RankedCause[] {
  return drift.flatMap(({ feature, alarm, strongest }): RankedCause[] => {
    if (alarm === null || strongest === null) return [];
    const { cell, share, referenceShare } = strongest;
    return [
      {
        kind: "column",
        name: feature,
        detail: `${cell}: ${percent(share)} of rows, at first ${percent(referenceShare)}`,
        weight: Math.abs(share - referenceShare),
        examples: [],
      },
    ];
  });
}

function releaseCauses({ release, onsetMs, windowMs }: CauseQuestion): RankedCause[] {
  if (release.liveAtMs === null || Math.abs(release.liveAtMs - onsetMs) > windowMs) return [];
  return [
    {
      kind: "release",
      name: `version ${release.number}`,
      detail: `Version ${release.number} went live on ${day(release.liveAtMs)}, when it began`,
      weight: 0.5,
      examples: [],
    },
  ];
}

function sentenceOf(question: CauseQuestion, rise: number, ranked: readonly RankedCause[]): string {
  const { total, onsetMs } = question;
  const since = costPerRow(question, total.since, total.since.rows);
  const before = costPerRow(question, total.before, total.before.rows);
  const moved =
    rise > 0
      ? `Since ${day(onsetMs)} a prediction costs ${money(since, question)}, before ${money(before, question)}`
      : `Since ${day(onsetMs)} a prediction costs ${money(since, question)}`;
  const reasons = ranked
    .filter(({ weight }) => weight >= 0.15)
    .slice(0, 2)
    .map(reasonOf);
  return reasons.length === 0 ? `${moved}; no single cause stands out.` : `${moved}; ${reasons.join("; ")}.`;
}

function reasonOf(cause: RankedCause): string {
  switch (cause.kind) {
    case "vocabulary":
      return `${percent(cause.weight)} of the rise is in messages with new words such as ${cause.name}`;
    case "segment":
      return `${percent(cause.weight)} of it comes from ${cause.name}`;
    case "class_mix":
      return cause.detail;
    case "column":
      return `${cause.name} shifted (${cause.detail})`;
    case "release":
      return `version ${cause.name.replace("version ", "")} went live then`;
  }
}

function money(value: number, { currency }: CauseQuestion): string {
  return `${shown(value)} ${currency}`.trim();
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString("en", { maximumFractionDigits: share < 0.1 ? 1 : 0 })}%`;
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

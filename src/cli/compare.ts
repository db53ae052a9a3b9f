import type { Subject } from "./subject.ts";
import { numberText, shareText } from "./words.ts";

/** One line of a comparison. */
export interface ComparedRow {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly differs: boolean;
  /** For numbers: by how much, and relative to before. */
  readonly change: string | null;
}

export interface ComparedPart {
  readonly name: string;
  readonly rows: readonly ComparedRow[];
}

/** Sets two subjects side by side, part by part, keys in the order they come. */
export function compareSubjects(before: Subject, after: Subject): readonly ComparedPart[] {
  const texts = (part: "parameters" | "data" | "code" | "environment"): readonly ComparedRow[] =>
    keysOf(before[part], after[part]).map((key) => {
      const [old, now] = [before[part][key] ?? null, after[part][key] ?? null];
      return { key, before: old, after: now, differs: old !== now, change: null };
    });
  return [
    { name: "Parameters", rows: texts("parameters") },
    { name: "Metrics", rows: compareMetrics(before.metrics, after.metrics) },
    { name: "Data", rows: texts("data") },
    { name: "Code", rows: texts("code") },
    { name: "Environment", rows: texts("environment") },
  ];
}

type Metrics = Subject["metrics"];

function compareMetrics(before: Metrics, after: Metrics): readonly ComparedRow[] {
  return keysOf(before, after).map((key) => {
    const [old, now] = [before[key] ?? null, after[key] ?? null];
    return {
      key,
      before: old === null ? null : numberText(old),
      after: now === null ? null : numberText(now),
      differs: old !== now,
      change: old === null || now === null || old === now ? null : changeText(old, now),
    };
  });
}

function changeText(before: number, after: number): string {
  const difference = after - before;
  const sign = difference > 0 ? "+" : "";
  const relative = before === 0 ? "" : ` (${sign}${shareText(difference / Math.abs(before))})`;
  return `${sign}${numberText(difference)}${relative}`;
}

function keysOf(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

import type { RunColumn } from "../../data/runs.ts";
import { fieldName } from "./table-state.ts";

/** Something that may stand at the caret. */
export interface Completion {
  insert: string;
  note?: string;
}

/** What may stand at the caret, and the piece of text it replaces. */
export function completions(
  text: string,
  caret: number,
  columns: readonly RunColumn[],
): { from: number; to: number; options: Completion[] } {
  const before = text.slice(0, caret);
  const word = /[\p{L}\p{N}_.\-/:`]*$/u.exec(before)?.[0] ?? "";
  const from = caret - word.length;
  const place = { from, to: caret };
  if (isInText(before)) return { ...place, options: [] };
  const lead = before.slice(0, from).trimEnd();
  if (/(?:[=<>]|\b(?:like|ilike|in))$/i.test(lead)) return { ...place, options: [] };
  if (lead === "" || /(?:\(|\b(?:and|or))$/i.test(lead)) return { ...place, options: fields(word, columns) };
  if (endsCondition(lead)) return { ...place, options: words(word, ["and", "or"]) };
  const isNumber = /(?:metrics?\.\S+|start_time|end_time)$/.test(lead);
  return {
    ...place,
    options: words(
      word,
      isNumber ? [">", ">=", "<", "<=", "=", "!="] : ["=", "!=", "like", "ilike", "is null", "is not null"],
    ),
  };
}

const prefixes = { param: "params", metric: "metrics", tag: "tags" } as const;
const attributes = ["run_name", "status", "user_id", "start_time", "end_time", "run_id"];
const mostOffered = 30;

function fields(word: string, columns: readonly RunColumn[]): Completion[] {
  const needle = word.replaceAll("`", "").toLowerCase();
  const all = [
    ...columns.map(({ kind, key, runs }) => ({
      insert: fieldName(`${prefixes[kind]}.${key}`),
      note: `${kind}, ${runs.toLocaleString("en")} runs`,
    })),
    ...attributes.map((insert) => ({ insert, note: "attribute" })),
  ];
  const found = all.filter(({ insert }) => insert.replaceAll("`", "").toLowerCase().includes(needle));
  const begins = ({ insert }: Completion) =>
    insert.toLowerCase().startsWith(needle) || insert.toLowerCase().includes(`.${needle}`);
  return [...found.filter(begins), ...found.filter((each) => !begins(each))].slice(0, mostOffered);
}

function words(word: string, choices: readonly string[]): Completion[] {
  return choices
    .filter((choice) => choice.startsWith(word.toLowerCase()) && choice !== word)
    .map((insert) => ({ insert }));
}

function isInText(before: string): boolean {
  return (before.match(/'/g)?.length ?? 0) % 2 === 1;
}

/** After a value, a closing parenthesis or a null test only and or or can stand. */
function endsCondition(lead: string): boolean {
  return /(?:'|\)|\bnull|[=<>]\s*[+-]?[\d.]+(?:e[+-]?\d+)?)$/i.test(lead);
}

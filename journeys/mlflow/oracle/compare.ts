import { isDeepStrictEqual } from "node:util";

import { reasonToDiffer } from "./allowed.ts";
import type { Translator } from "./translate.ts";
import type { Answer, Question } from "./twin.ts";

/** One field in which the servers differ, without a reason that is allowed. */
export interface Difference {
  /** Such as `POST runs/search: runs.0.info.status`. */
  readonly where: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Compares two answers field by field, as a client reads them; without the differences that have a reason. */
export function compare(
  question: Question,
  ours: Answer,
  theirs: Answer,
  translator: Translator,
): readonly Difference[] {
  const call = nameOfCall(question);
  return differencesOf(ours, theirs, translator)
    .map((one) => ({ ...one, where: `${call}: ${one.where}` }))
    .filter((one) => reasonToDiffer(one) === undefined);
}

function differencesOf(ours: Answer, theirs: Answer, translator: Translator): readonly Difference[] {
  if (ours.status !== theirs.status) {
    return [{ where: "status", ours: brief(ours), theirs: brief(theirs) }];
  }
  if (ours.status >= 400) return compareErrors(ours.json, theirs.json);
  // An upload is answered with nothing by them, with an empty object by us.
  if (theirs.bytes.length === 0 && ours.bytes.toString() === "{}") return [];
  if (ours.json === undefined || theirs.json === undefined) {
    const same = ours.bytes.equals(theirs.bytes);
    return same ? [] : [{ where: "bytes", ours: ours.bytes.length, theirs: theirs.bytes.length }];
  }
  const said = normalise(JSON.parse(translator.text(JSON.stringify(ours.json))));
  return walk(said, normalise(theirs.json), "");
}

function brief(answer: Answer): string {
  return `${answer.status} ${answer.bytes.toString().slice(0, 300)}`;
}

/** `POST runs/search`, without ids: what the reasons to differ are written against. */
export function nameOfCall({ method, path }: Question): string {
  const [name = "", query = ""] = path.split("?");
  if (/registered(%2F|\/)mv_/i.test(path))
    return `${method} registered/mv_… ${query === "" ? "file" : "folder"}`;
  const short = name.replace(/^\/(ajax-)?api\/[23]\.0\/(mlflow\/)?/, "");
  const call = short
    .replace(/^(mlflow-artifacts\/artifacts)\/.*/, "$1/…")
    .replaceAll(/\b(m-|tr-|a-)?[0-9a-f]{32}/g, "{id}");
  return `${method} ${call}`;
}

/** What clients and people recognise in a refusal; beyond it each server has words of its own. */
const recognised: readonly RegExp[] = [
  /parameter '([\w.[\]]+)'/,
  /not found|does not exist|no tag with name/i,
  /already exist/i,
  /must be in the '\w+' (?:lifecycle_stage|state)/i,
  /invalid model version source/i,
  /changing param values is not allowed/i,
  /duplicate param/i,
];

function compareErrors(ours: unknown, theirs: unknown): readonly Difference[] {
  const mine = refusalOf(ours);
  const other = refusalOf(theirs);
  if (mine.code !== other.code) {
    return [
      {
        where: "error_code",
        ours: `${mine.code}: ${mine.message}`,
        theirs: `${other.code}: ${other.message}`,
      },
    ];
  }
  return recognised.flatMap((pattern) => {
    const wanted = pattern.exec(other.message);
    const said = pattern.exec(mine.message);
    if (wanted === null || (said !== null && said[1] === wanted[1])) return [];
    return [{ where: "message", ours: mine.message, theirs: other.message }];
  });
}

function refusalOf(json: unknown): { readonly code: string; readonly message: string } {
  const record = typeof json === "object" && json !== null ? json : {};
  return { code: String(Reflect.get(record, "error_code")), message: String(Reflect.get(record, "message")) };
}

// Both servers look at their own clock here; everywhere else times are the client's.
const ownTimes =
  /^(creation_time|last_update_time|creation_timestamp|last_updated_timestamp|creation_timestamp_ms|last_updated_timestamp_ms)$/;
const lists =
  /^(tags|params|metrics|aliases|dataset_inputs|model_inputs|model_outputs|registered_models_tags|request_metadata|attributes|assessments)$/;

/** Own times and names given at random become words, tokens only whether there is one; sets get an order. */
function normalise(value: unknown, key = ""): unknown {
  if (ownTimes.test(key)) return "a time";
  if (key === "next_page_token") return "a token";
  // 64-bit numbers come as either, and clients read both.
  if (key.endsWith("_unix_nano") || key === "int_value") return Number(value);
  if (key === "serialized_value") return normalise(readSerialized(value));
  if (typeof value === "string" && /^[a-z]+-[a-z]+-\d{1,3}$/.test(value)) return "a random name";
  if (Array.isArray(value)) {
    const items = value.map((item) => normalise(item));
    return lists.test(key)
      ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== "object" || value === null) return value;
  // An empty list, text or nothing at all is the same to a reader of protocol buffers.
  const entries = Object.entries(value).map(([name, member]) => [name, normalise(member, name)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !isUnset(member)));
}

/** The same value has JSON with spaces, and without. */
function readSerialized(value: unknown): unknown {
  const text: unknown = Reflect.get(Object(value), "value");
  return typeof text === "string" ? JSON.parse(text) : value;
}

function isUnset(value: unknown): boolean {
  if (value === "" || value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function walk(ours: unknown, theirs: unknown, where: string): readonly Difference[] {
  if (isDeepStrictEqual(ours, theirs)) return [];
  const bothLists = Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length;
  const bothRecords = isRecord(ours) && isRecord(theirs);
  if (!bothLists && !bothRecords) return [{ where: where || "body", ours, theirs }];
  const keys = new Set([...Object.keys(Object(ours)), ...Object.keys(Object(theirs))]);
  return [...keys].flatMap((key) =>
    walk(
      Reflect.get(Object(ours), key),
      Reflect.get(Object(theirs), key),
      where === "" ? key : `${where}.${key}`,
    ),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

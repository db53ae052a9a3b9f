import { Problem } from "#kernel/errors";
import { isRecord, parseExactJson, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";

import { recordSources } from "./entities.ts";
import type { JsonObject } from "./entities.ts";
import { problems } from "./problems.ts";

/** A record as a client sends it. */
export interface NewRecord {
  readonly inputs: JsonObject;
  /** Absent: what is there stays, or is empty. */
  readonly outputs: ExactJson | undefined;
  readonly expectations: JsonObject | null;
  readonly tags: JsonObject;
  readonly source: JsonObject | null;
  readonly sourceId: string | null;
  readonly sourceType: string | null;
  /** As the client's `mlflow.user` tag says. */
  readonly user: string | null;
}

const mostRecords = 10_000;

/** Reads a JSON list of records. */
export function parseRecords(text: string): readonly NewRecord[] {
  const list = readJson(text);
  if (!Array.isArray(list)) throw invalid("`records` must be a JSON list of objects.");
  if (list.length > mostRecords) throw invalid(`A request has at most ${mostRecords} records.`);
  return list.map(parseRecord);
}

function readJson(text: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch {
    throw invalid("`records` is not valid JSON.");
  }
}

function parseRecord(record: ExactJson, index: number): NewRecord {
  const refuse = (what: string): Problem => invalid(`records[${index}]: ${what}.`);
  if (!isRecord(record)) throw refuse("it must be an object");
  const objectAt = (key: string): JsonObject | null => {
    const value = record[key] ?? null;
    if (value !== null && !isRecord(value)) throw refuse(`\`${key}\` must be an object`);
    return value;
  };
  const source = objectAt("source");
  const sourceType = source === null ? null : String(source["source_type"] ?? "").toUpperCase();
  if (sourceType !== null && !recordSources.some((one) => one === sourceType))
    throw refuse(
      `Invalid dataset record source type '${sourceType.slice(0, 80)}'. Valid source types: ${recordSources.join(", ")}`,
    );
  const tags = objectAt("tags") ?? {};
  const user = tags["mlflow.user"];
  return {
    inputs: objectAt("inputs") ?? {},
    outputs: record["outputs"],
    expectations: objectAt("expectations"),
    tags,
    source: source === null ? null : { source_type: sourceType, source_data: source["source_data"] ?? {} },
    sourceId: sourceIdOf(source, sourceType),
    sourceType,
    user: typeof user === "string" ? storable(user) : null,
  };
}

function sourceIdOf(source: JsonObject | null, type: string | null): string | null {
  const data = source?.["source_data"];
  if (!isRecord(data)) return null;
  const id = data[type === "TRACE" ? "trace_id" : "source_id"];
  return typeof id === "string" ? storable(id) : null;
}

type Part = ExactJson;

/** What names and types the records have, added to what was seen before. */
export function extendSchema(before: string | null, records: readonly NewRecord[]): string | null {
  if (records.length === 0 && before === null) return null;
  const known = before === null ? {} : parseExactJson(before);
  const parts: Record<string, Part> = isRecord(known) ? { ...known } : {};
  const learn = (part: "inputs" | "outputs" | "expectations", value: ExactJson | undefined): void => {
    const seen = parts[part] ?? {};
    if (isRecord(value) && isRecord(seen)) {
      const types = Object.entries(value).map(([key, member]) => [key, typeOf(member)] as const);
      parts[part] = { ...Object.fromEntries(types), ...seen };
    } else if (value !== undefined && value !== null && isRecord(seen) && Object.keys(seen).length === 0) {
      parts[part] = typeOf(value);
    } else {
      parts[part] = seen;
    }
  };
  for (const record of records) {
    learn("inputs", record.inputs);
    learn("outputs", record.outputs);
    learn("expectations", record.expectations ?? undefined);
  }
  const { inputs = {}, outputs = {}, expectations = {} } = parts;
  return writeExactJson({ inputs, outputs, expectations, version: "1.0" });
}

function typeOf(value: ExactJson): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return "float";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

/** Texts without what PostgreSQL has no place for: NUL, and halves of characters. */
export function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

export function invalid(message: string): Problem {
  return new Problem(problems.evaluation_record_invalid, { message });
}

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { parseExactJson, toExact, writeExactJson } from "#kernel/exact-json";

import { problems } from "./problems.ts";

/*
 * The JSON form of protocol buffers, as MLflow's clients write it: names in snake_case or camelCase,
 * 64-bit integers as numbers or texts, NaN and infinities as texts, null for absent, and everything
 * as text in a query.
 */

const missing = (name: string): string =>
  `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`;

export const text = z.string();
/** A text that must be there: MLflow takes an empty one for none. */
export const given = z.string().min(1);
export const optionalText = z.string().optional();

export const integer = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,19}$/)
      .transform(Number),
  ])
  .refine(Number.isSafeInteger, "it must be a whole number");

export const double = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
  z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/)
    .transform(Number),
]);

export const boolean = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(true|false)$/i)
    .transform((word) => word.toLowerCase() === "true"),
]);

/** A repeated field: one value of a query is a list of one. */
export function list<Schema extends z.ZodType>(item: Schema) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).default([]),
  );
}

/** As `list`, where a body must give a list. */
export function array<Schema extends z.ZodType>(item: Schema) {
  return z.array(item).default([]);
}

export const keyValue = z.object({ key: text, value: text.default("") });
export const namedValue = z.object({ key: given, value: text.default("") });

/**
 * Reads a request; the message of a refusal is the one MLflow's own tests and users know. It shows a number
 * as `written` has it, the JSON text of the request: 9.0 is another mistake than 9.
 */
export function readInput<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  written?: string,
): z.output<Schema> {
  const input = normalise(raw);
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = valueAt(input, path);
  const name = path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
  if (value === undefined || (value === "" && issue?.code === "too_small")) throw invalid(missing(name));
  const shown = asWritten(written, path) ?? JSON.stringify(value) ?? String(value);
  throw invalid(
    `Invalid value ${shown.slice(0, 200)} for parameter '${name}' supplied: ${issue?.message ?? "it has the wrong form"}`,
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined),
    input,
  );
}

/** The value at a path of a JSON text, spelt as it is there; undefined when that is not known. */
function asWritten(written: string | undefined, path: readonly PropertyKey[]): string | undefined {
  try {
    const value = valueAt(normalise(parseExactJson(written ?? "null")), path);
    return value === undefined ? undefined : writeExactJson(toExact(value));
  } catch {
    // A text within a text, as old clients send it, or one too deep to be walked again.
    return undefined;
  }
}

export function invalid(message: string): Problem {
  return new Problem(problems.mlflow_request_invalid, { message });
}

export function missingParameter(name: string): Problem {
  return invalid(missing(name));
}

// Fields whose names are the caller's, not the protocol's: maps, and values of any shape.
const maps: readonly string[] = ["tags", "metadata", "trace_metadata"];

// No message of the protocol has ten; a text of brackets alone would end our own stack.
const deepest = 100;

/** camelCase names become snake_case; null and absent are one. */
function normalise(value: unknown, depth = 0): unknown {
  if (depth > deepest) throw invalid(`The body is nested deeper than ${deepest} levels.`);
  if (Array.isArray(value)) return value.map((item) => normalise(item, depth + 1));
  if (!isRecord(value)) return value;
  // A loop, because a batch has thousands of fields and lists of their entries would cost more than all the rest.
  const normal: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === null) continue;
    const name = toSnakeCase(key);
    const isVerbatim = name === "value" || (maps.includes(name) && isRecord(member));
    const kept = isVerbatim ? member : normalise(member, depth + 1);
    if (name === "__proto__") Object.defineProperty(normal, name, { value: kept, enumerable: true });
    else normal[name] = kept;
  }
  return normal;
}

function toSnakeCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** NaN has no number in JSON. */
export function wireNumber(value: number): number | string {
  return Number.isNaN(value) ? "NaN" : value;
}

export function toPairs(record: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

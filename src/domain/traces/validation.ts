import { Problem } from "#kernel/errors";
import { isRecord } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { checkName } from "#tracking";

import type { Attributes, Span } from "./entities.ts";
import { problems } from "./problems.ts";

/** Lengths in characters, counts per call; those MLflow's clients rely on. */
export const limits = {
  traceIdLength: 128,
  keyLength: 250,
  valueLength: 8_000,
  previewLength: 1_000,
  linksPerRequest: 100,
  attributeDepth: 32,
} as const;

type Pairs = Readonly<Record<string, string>>;

export function checkTraceId(id: string): string {
  if (/^[\w.:-]+$/.test(id) && id.length <= limits.traceIdLength) return id;
  throw invalid(
    `Invalid value ${JSON.stringify(id.slice(0, 200))} for parameter 'trace_id' supplied: a trace id has at most ` +
      `${limits.traceIdLength} letters, digits and '_', '-', '.', ':'.`,
  );
}

export function checkTag(key: string, value: string): readonly [string, string] {
  checkName(key, "key");
  if (key.length > limits.keyLength)
    throw invalid(
      `'key' exceeds the maximum length of ${limits.keyLength} characters: it has ${key.length}.`,
    );
  return [key, storable(value).slice(0, limits.valueLength)];
}

/** Tags and metadata as a client sends them with a trace: what is too long is cut, as the client itself does. */
export function keepPairs(pairs: Pairs): Pairs {
  return Object.fromEntries(
    Object.entries(pairs).map(([key, value]) => [
      storable(key).slice(0, limits.keyLength),
      storable(value).slice(0, limits.valueLength),
    ]),
  );
}

export function keepPreview(preview: string | null): string | null {
  return preview === null ? null : storable(preview).slice(0, limits.previewLength);
}

/** Texts without what PostgreSQL has no place for: NUL, and halves of characters. */
export function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** Why a span cannot be kept; undefined when it can. */
export function whyRefused(span: Span): string | undefined {
  if (!/^[0-9a-f]{32}$/.test(span.otelTraceId) || /^0+$/.test(span.otelTraceId))
    return "its trace id is not 16 bytes that are not all zero";
  if (!/^[0-9a-f]{16}$/.test(span.id) || /^0+$/.test(span.id))
    return "its span id is not 8 bytes that are not all zero";
  if (span.parentId !== null && !/^[0-9a-f]{16}$/.test(span.parentId))
    return "its parent's id is not 8 bytes";
  if (span.startedAtNs >= latestNs || (span.endedAtNs ?? 0n) >= latestNs)
    return "it happens later than the year 2200";
  return undefined;
}

// Microseconds stay exact as a number of JavaScript until the year 2255.
const latestNs = 7_258_118_400_000_000_000n;

/** The span with texts that both engines keep and search. */
export function keepSpan(span: Span): Span {
  return {
    ...span,
    name: storable(span.name),
    statusMessage: storable(span.statusMessage),
    attributes: keepAttributes(span.attributes),
    events: span.events.map((event) => ({
      ...event,
      name: storable(event.name),
      attributes: keepAttributes(event.attributes),
    })),
  };
}

function keepAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [storable(key), keepValue(value, 0)]),
  );
}

function keepValue(value: ExactJson, depth: number): ExactJson {
  if (typeof value === "string") return storable(value);
  if (value === null || typeof value !== "object") return value;
  if (depth === limits.attributeDepth) return null;
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [storable(key), keepValue(member, depth + 1)]),
    );
  }
  return Array.isArray(value) ? value.map((item: ExactJson) => keepValue(item, depth + 1)) : null;
}

export function invalid(message: string): Problem {
  return new Problem(problems.trace_value_invalid, { message });
}

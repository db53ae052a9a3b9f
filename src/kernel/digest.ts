import { createHash } from "node:crypto";

/** A SHA-256 in 64 lower-case hex digits. */
export type Digest = string;

export function digestOf(bytes: string | Uint8Array): Digest {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The digest of a JSON value that does not depend on the order of its keys. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

/**
 * JSON with sorted keys and no white space (the object part of RFC 8785); `undefined` members are
 * left out as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) => (isPlainObject(member) ? sortKeys(member) : member)) ??
    "null"
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

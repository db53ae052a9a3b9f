import type { Readable } from "node:stream";

import type { z, ZodType } from "zod";

import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

type Issue = z.core.$ZodIssue;

/** Parses a part of a request; a Problem `request_invalid` names each wrong field and what it should be. */
export function parseRequestPart<Schema extends ZodType>(
  schema: Schema,
  value: unknown,
  part: "path" | "query" | "body",
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) => describeIssue(issue, part, value));
  const first = fields[0];
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : "";
  throw new Problem(problems.request_invalid, {
    message: `${first?.field ?? part}: ${first?.expected ?? "not valid"}${more}.`,
    data: { fields },
  });
}

interface WrongField {
  /** `body.metrics[0].value`. */
  readonly field: string;
  readonly expected: string;
}

function describeIssue(issue: Issue, part: string, value: unknown): WrongField[] {
  const field = fieldName(part, issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: `${field}.${key}`, expected: "no such field is known" }));
  }
  const received = describeValue(valueAt(value, issue.path));
  const expected = lowerFirst(
    issue.message.replace(/^Invalid (input|option): /, "").replace(/, received .*$/, ""),
  );
  return [{ field, expected: `${expected}, received ${received}` }];
}

function fieldName(part: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    return typeof key === "number" ? `${name}[${key}]` : `${name}.${String(key)}`;
  }, part);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === "object" && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  // Texts may be secrets: their length says enough.
  if (typeof value === "string")
    return value.length <= 40 ? JSON.stringify(value) : `a text of ${value.length} characters`;
  return Array.isArray(value) ? `a list of ${value.length}` : "an object";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Parses JSON text; a Problem `body_malformed` gives line and column. Keys named `__proto__` are refused. */
export function parseJson(text: string): unknown {
  try {
    return /__proto__|\\u005f/i.test(text) ? JSON.parse(text, refusePrototype) : JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const place = positionOf(text, offsetOfError(text, reason));
    throw new Problem(problems.body_malformed, {
      message: `The body is not valid JSON at line ${place.line}, column ${place.column}: ${plainReason(reason)}.`,
      position: { file: "request body", ...place },
    });
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new Error("a key is named __proto__");
  return value;
}

/** Without the piece of the body that the engine quotes: it may be a secret. */
function plainReason(reason: string): string {
  return reason
    .replace(/, ?"[\s\S]*/, "")
    .replace(/ in JSON at position[\s\S]*/, "")
    .replace(/ \(line[\s\S]*/, "");
}

/**
 * The engine names the offset of most errors but not of an unexpected token; that one is the end of
 * the shortest beginning of the text that fails for another reason than being incomplete.
 */
function offsetOfError(text: string, reason: string): number {
  const named = /position (\d+)/.exec(reason)?.[1];
  if (named !== undefined) return Number(named);
  let incomplete = 0;
  let broken = text.length + 1;
  while (broken - incomplete > 1) {
    const middle = Math.floor((incomplete + broken) / 2);
    if (isBeginning(text.slice(0, middle))) incomplete = middle;
    else broken = middle;
  }
  return incomplete;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    const named = /position (\d+)/.exec(reason)?.[1];
    return /end of JSON|Unterminated/.test(reason) || (named !== undefined && Number(named) >= text.length);
  }
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

const bodyTimeoutMs = 30_000;

/** Reads a whole body; throws `body_too_large` beyond `limitBytes` and `body_too_slow` after 30 seconds. */
export function readBody(body: Readable, limitBytes: number): Promise<Buffer> {
  // By its events: iterating over a stream costs more than parsing the body of a usual request.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      body.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      act();
    };
    const onData = (chunk: Buffer | string): void => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      sizeBytes += bytes.length;
      if (sizeBytes > limitBytes) fail(bodyTooLarge(limitBytes));
      else chunks.push(bytes);
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error("the connection was closed within the body")));
    const fail = (problem: Problem): void => {
      settle(() => reject(problem));
      body.pause();
    };
    const timer = setTimeout(() => fail(bodyTooSlow()), bodyTimeoutMs);
    body.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

function bodyTooSlow(): Problem {
  return new Problem(problems.body_too_slow, {
    message: `The body did not arrive within ${bodyTimeoutMs / 1_000} seconds.`,
  });
}

/** Reads a body as JSON; undefined when it is empty. */
export async function readJson(body: Readable, limitBytes: number): Promise<unknown> {
  const bytes = await readBody(body, limitBytes);
  return bytes.length === 0 ? undefined : parseJson(bytes.toString("utf8"));
}

export function bodyTooLarge(limitBytes: number): Problem {
  return new Problem(problems.body_too_large, {
    message: `The body is larger than the ${limitBytes} bytes this route accepts.`,
    data: { limitBytes },
  });
}

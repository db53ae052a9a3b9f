import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** The problem of one field: where it is, what was expected and what was there, cut short. */
export function invalid(path: string, expected: string, found: unknown): Problem {
  return new Problem(problems.prediction_input_invalid, {
    message: `${path} must be ${expected}, not ${shown(found)}.`,
    data: { field: path, expected },
  });
}

/** The same where what was found need not be shown. */
export function mustBe(path: string, expected: string): Problem {
  return new Problem(problems.prediction_input_invalid, {
    message: `${path} must be ${expected}.`,
    data: { field: path, expected },
  });
}

const shownCharacters = 60;
const shownElements = 4;

/** Cut short, because requests are large and hold personal data; never recursive, because they can be deep. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") {
    return JSON.stringify(value.length > shownCharacters ? `${value.slice(0, shownCharacters)}…` : value);
  }
  if (Array.isArray(value)) {
    const isShort = value.length <= shownElements && value.every((one) => typeof one !== "object");
    return isShort ? `[${value.map(shown).join(", ")}]` : `a list of ${value.length}`;
  }
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Decodes a body strictly: bytes that are no UTF-8, or text that is no JSON, are the caller's mistake. */
export function parseJson(body: Buffer): unknown {
  let text: string;
  try {
    text = strictUtf8.decode(body);
  } catch {
    throw mustBe("the body", "JSON in UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(problems.prediction_input_invalid, {
      message: `The body is not JSON: ${mistakeIn(text, error)}.`,
      data: { field: "the body", expected: "JSON" },
    });
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** The engine's message quotes the body, which may be personal; its position and its token do not. */
function mistakeIn(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  if (text.trim() === "") return "it is empty";
  if (message.includes("Unexpected end") || message.startsWith("Unterminated")) return "it ends too early";
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `the mistake is at position ${position}`;
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  const hint = token === "N" || token === "I" ? "; NaN and Infinity are no JSON, send null" : "";
  return token === undefined ? "it cannot be read" : `unexpected ${JSON.stringify(token)}${hint}`;
}

export function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw invalid(path, "an object", value);
}

export function requireList(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(path, "a list", value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

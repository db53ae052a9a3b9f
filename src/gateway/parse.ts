import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** The problem of one field: where it is, what was expected and what was there, cut short. */
export function invalid(path: string, expected: string, found: unknown): Problem {
  return new Problem(problems.prediction_input_invalid, {
    message: `${path} must be ${expected}, not ${shown(found)}.`,
    data: { field: path, expected },
  });
}

const shownCharacters = 60;

/** Requests hold personal data: only the type and the first characters come back. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

/** Decodes a body strictly: bytes that are no UTF-8, or text that is no JSON, are the caller's mistake. */
export function parseJson(body: Buffer): unknown {
  let text: string;
  try {
    text = strictUtf8.decode(body);
  } catch {
    throw invalid("the body", "JSON in UTF-8", "other bytes");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new Problem(problems.prediction_input_invalid, {
      message: `The body is not JSON: ${reason.replace(/"[^"]*"\.\.\. /, "")}.`,
      data: { field: "the body", expected: "JSON" },
    });
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

import { setFlagsFromString } from "node:v8";

import { Problem, defineProblems } from "./errors.ts";

export const problems = defineProblems({
  pattern_invalid: {
    kind: "invalid",
    when: "A regular expression cannot be read, or could take for ever.",
    next: "Write it without back references, look-around and large repetitions.",
  },
});

// V8's second engine never goes back in the text. This only lets expressions ask for it, by the flag `l`.
setFlagsFromString("--enable-experimental-regexp-engine");

const longestPattern = 1_000;
const mostRemembered = 200;
const inLinearTime = "l";
const known = new Map<string, RegExp>();

/**
 * A regular expression that came from a stranger, matched in time proportional to the text: what
 * cannot be is refused (back references, look-around, nested or large repetitions). Throws
 * `pattern_invalid`.
 */
export function linearPattern(source: string): RegExp {
  const remembered = known.get(source);
  if (remembered !== undefined) return remembered;
  if (source.length > longestPattern) throw refused(source, `it is longer than ${longestPattern} characters`);
  const pattern = compile(source);
  if (known.size >= mostRemembered) known.clear();
  known.set(source, pattern);
  return pattern;
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, inLinearTime);
  } catch (error) {
    throw refused(source, error instanceof Error ? error.message : String(error));
  }
}

function refused(source: string, reason: string): Problem {
  return new Problem(problems.pattern_invalid, {
    message: `Invalid regular expression ${JSON.stringify(source.slice(0, 80))}: ${reason}.`,
  });
}

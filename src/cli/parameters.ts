import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** `train.depth=4` → a number; what JSON reads is that value, everything else is text. */
export function parseParameters(written: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    written.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) {
        throw new Problem(problems.parameter_invalid, {
          message: `"${text}" is no parameter of the form key=value.`,
        });
      }
      return [key.trim(), valueOf(value)];
    }),
  );
}

function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

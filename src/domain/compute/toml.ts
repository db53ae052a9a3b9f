import { parse } from "smol-toml";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** Throws `environment_file_invalid` with the parser's reason. */
export function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new Problem(problems.environment_file_invalid, { message: `${path} is no valid TOML: ${reason}.` });
  }
}

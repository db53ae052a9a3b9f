import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** `airline-care@3`: the name of a model or a data set, and the version's number or alias when given. */
export interface Reference {
  readonly name: string;
  readonly version: string | undefined;
}

export function parseReference(text: string): Reference {
  const [name = "", version, ...rest] = text.split("@");
  if (name !== "" && version !== "" && rest.length === 0) return { name, version };
  throw new Problem(problems.reference_invalid, { message: `"${text}" names no version.` });
}

/** As `parseReference`, for a command that needs the version. */
export function requireVersion(text: string): { readonly name: string; readonly version: string } {
  const { name, version } = parseReference(text);
  if (version !== undefined) return { name, version };
  throw new Problem(problems.reference_invalid, {
    message: `"${text}" names no version.`,
    next: `Add one, as in: ${name}@1; list them with: gyre models ${name}`,
  });
}

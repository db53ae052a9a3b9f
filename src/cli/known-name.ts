import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { problems } from "./problems.ts";

export interface KnownName {
  /** What it is a name of, such as `model`. */
  readonly what: string;
  readonly name: string;
  readonly known: readonly string[];
  /** The next step when no known name is near. */
  readonly next: string;
}

/** Throws `nothing_found` with the names there are, and the nearest of them. */
export function requireKnownName({ what, name, known, next }: KnownName): void {
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  const others = known.length === 0 ? "there is none yet" : `there is ${known.slice(0, 10).join(", ")}`;
  throw new Problem(problems.nothing_found, {
    message: `There is no ${what} "${name}"; ${others}${known.length > 10 ? " and more" : ""}.`,
    next: meant === undefined ? next : `Did you mean "${meant}"?`,
  });
}

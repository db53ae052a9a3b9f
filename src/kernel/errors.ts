/** What went wrong, in the closed set that HTTP and the command line translate into a status or an exit code. */
export type ProblemKind =
  | "invalid" // the caller's input is wrong: 400, exit 2
  | "unauthenticated" // nobody is signed in: 401, exit 3
  | "forbidden" // a permission, gate or policy refuses: 403, exit 3
  | "not_found" // 404, exit 4
  | "conflict" // the thing is in another state than the call assumes: 409, exit 1
  | "too_large" // 413, exit 2
  | "unavailable" // try again later: 503, exit 1
  | "failed"; // the work was tried and failed: 500, exit 1

/** A position in a file the user wrote. `line` and `column` count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * One entry of a module's catalogue of problems. `code` is stable and documented in
 * `docs/reference/errors.md`; `next` tells the reader what to do.
 */
export interface ProblemDefinition {
  readonly code: string;
  readonly kind: ProblemKind;
  /** One sentence for the reference page: when does this happen? */
  readonly when: string;
  /** One sentence for the reference page: what to do about it. */
  readonly next: string;
}

export interface ProblemDetails {
  readonly message: string;
  /** The next step in this very case, often a command to copy; the definition's `next` when absent. */
  readonly next?: string;
  readonly position?: SourcePosition;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error class of the house: something the caller can understand and act on. Broken
 * assumptions of our own are plain `Error`s and end the request loudly.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly definition: ProblemDefinition;
  readonly next: string;
  readonly position: SourcePosition | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(definition: ProblemDefinition, details: ProblemDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.definition = definition;
    this.next = details.next ?? definition.next;
    this.position = details.position;
    this.data = details.data ?? {};
  }

  get code(): string {
    return this.definition.code;
  }

  get kind(): ProblemKind {
    return this.definition.kind;
  }
}

/**
 * Declares a module's catalogue, once, in its `problems.ts`:
 * `export const problems = defineProblems({ version_not_found: { kind: "not_found", when: …, next: … } })`.
 * The key is the code.
 */
export function defineProblems<const Code extends string>(
  catalogue: Record<Code, Omit<ProblemDefinition, "code">>,
): Readonly<Record<Code, ProblemDefinition>> {
  const entries = Object.entries<Omit<ProblemDefinition, "code">>(catalogue);
  return Object.freeze(
    Object.fromEntries(entries.map(([code, definition]) => [code, { code, ...definition }])),
  ) as Readonly<Record<Code, ProblemDefinition>>;
}

import type { Voice } from "#protocols/dvc";

import type { DvcArguments, DvcOption } from "./arguments.ts";

/** One DVC verb as it is typed. */
export interface DvcCommand {
  readonly name: string;
  readonly says: string;
  readonly options: readonly DvcOption[];
  /** What may follow: nothing, words, or words of which one must be there. */
  readonly targets: "none" | "any" | "some";
  /** What the words are called in the usage. */
  readonly targetName?: string;
  /** The exit code of a failure; DVC has 255 for most verbs and 1 for some. */
  readonly failureCode?: number;
  act(call: DvcCall): Promise<number>;
}

export interface DvcCall {
  readonly typed: DvcArguments;
  readonly here: string;
  readonly output: DvcOutput;
}

/** Where a verb tells its result, and what it says while it works. */
export interface DvcOutput extends Voice {
  /** A result: it is printed even with `--quiet`. */
  print(text: string): void;
  readonly isQuiet: boolean;
}

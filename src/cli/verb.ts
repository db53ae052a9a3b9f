import type { Command } from "commander";
import type { ZodType } from "zod";

import { exampleText } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** One call of a verb: what was typed, parsed. */
export interface Call<Options> {
  readonly terminal: Terminal;
  readonly options: Options;
  /** The words behind the verb that are no options, in order. */
  readonly words: readonly string[];
}

export interface VerbOption {
  readonly flags: string;
  readonly says: string;
  /** May be given several times; the values come as a list. */
  readonly isRepeated?: boolean;
}

export interface Verb<Options> {
  /** With its arguments, such as `diff <a> <b>`. */
  readonly usage: string;
  readonly summary: string;
  readonly arguments?: Readonly<Record<string, string>>;
  /** Commands to copy, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  readonly options?: readonly VerbOption[];
  readonly schema: ZodType<Options>;
  act(call: Call<Options>): Promise<void>;
}

/** Adds a verb to the program, or to another verb, with its help and its options. */
export function addVerb<Options>(parent: Command, terminal: Terminal, verb: Verb<Options>): Command {
  const command = parent
    .command(verb.usage)
    .description(verb.summary)
    .addHelpText("before", () => exampleText(terminal, verb.examples));
  for (const argument of command.registeredArguments) {
    argument.description = verb.arguments?.[argument.name()] ?? "";
  }
  for (const { flags, says, isRepeated = false } of verb.options ?? []) {
    if (isRepeated) command.option(flags, says, collect, []);
    else command.option(flags, says);
  }
  return command.option("--json", "print data as JSON, errors as a JSON envelope").action(async () => {
    await verb.act({ terminal, options: verb.schema.parse(command.opts()), words: command.args });
  });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** An argument the usage requires; its absence has been refused before. */
export function word(call: Call<unknown>, index: number): string {
  const found = call.words[index];
  if (found === undefined) throw new Error(`the command has no argument ${index + 1}`);
  return found;
}

import type { Command } from "commander";
import type { ZodType } from "zod";

import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { exampleText } from "./help.ts";
import { problems } from "./problems.ts";
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
  /** Of the verbs of a verb, the one meant when none is typed. */
  readonly isDefault?: boolean;
  act(call: Call<Options>): Promise<void>;
}

/** Adds a verb to the program, or to another verb, with its help and its options. */
export function addVerb<Options>(parent: Command, terminal: Terminal, verb: Verb<Options>): Command {
  const command = parent
    .command(verb.usage, { isDefault: verb.isDefault === true })
    .description(verb.summary)
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments()
    .addHelpText("before", () => exampleText(terminal, verb.examples));
  for (const argument of command.registeredArguments) {
    argument.description = verb.arguments?.[argument.name()] ?? "";
  }
  for (const { flags, says, isRepeated = false } of verb.options ?? []) {
    if (isRepeated) command.option(flags, says, collect);
    else command.option(flags, says);
  }
  return command.option("--json", "print data as JSON, errors as a JSON envelope").action(async () => {
    refuseExcess(command, verb.isDefault === true ? parent : command);
    await verb.act({ terminal, options: parseOptions(verb, command.opts()), words: command.args });
  });
}

/** Throws `call_invalid`, naming the option. */
export function parseOptions<Options>(
  { usage, schema }: Pick<Verb<Options>, "usage" | "schema">,
  typed: unknown,
): Options {
  const parsed = schema.safeParse(typed);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = issue?.path[0] === undefined ? "the options" : `--${String(issue.path[0])}`;
  throw new Problem(problems.call_invalid, {
    message: `The value of ${option} is not what it must be: ${issue?.message ?? "unknown"}.`,
    next: `See what it takes with: gyre ${usage.split(" ")[0] ?? ""} --help`,
  });
}

/** Too many words; of a verb with verbs of its own the first one is taken for a mistyped one. */
function refuseExcess(command: Command, group: Command): void {
  const { args, registeredArguments } = command;
  const extra = args[registeredArguments.length];
  if (extra === undefined || registeredArguments.at(-1)?.variadic === true) return;
  const names = group.commands.map((one) => one.name());
  const suggestion = nearest(extra, names);
  throw new Problem(problems.call_invalid, {
    message:
      names.length > 0
        ? `There is no command "gyre ${group.name()} ${extra}"; there are ${names.join(", ")}.`
        : `"${extra}" is one argument too many for "gyre ${command.name()}".`,
    next:
      suggestion === undefined
        ? `See what it takes with: gyre ${group.name()} --help`
        : `Did you mean: gyre ${group.name()} ${suggestion}`,
  });
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An argument the usage requires; its absence has been refused before. */
export function word(call: Call<unknown>, index: number): string {
  const found = call.words[index];
  if (found === undefined) throw new Error(`the command has no argument ${index + 1}`);
  return found;
}

import { resolve } from "node:path";

import { nameOf, readArguments } from "./arguments.ts";
import type { DvcArguments, DvcOption } from "./arguments.ts";
import { DvcCallError } from "./call-error.ts";
import type { DvcCommand, DvcOutput } from "./command.ts";
import { dvcCommands } from "./commands.ts";
import { everywhere } from "./shared-options.ts";
import { overviewOfDvc } from "./overview.ts";

/** Where the lines of a command go. */
export interface DvcStreams {
  print(text: string): void;
  complain(text: string): void;
}

/** The DVC whose words and files these are; programs that call `dvc --version` compare it. */
const spokenVersion = "3.67.1";

/**
 * Runs `gyre dvc …` with DVC's words, lines and exit codes: 0 done, 1 or 255 failed, 251 wrong settings, 253
 * no repository, 254 a wrong call.
 */
export async function runDvc(words: readonly string[], streams: DvcStreams): Promise<number> {
  const { before, name, after } = splitWords(words);
  let command: DvcCommand | undefined;
  try {
    const outer = readArguments(before, [
      ...everywhere,
      { flags: ["-V", "--version"], says: "Show version." },
    ]);
    if (outer.has("version")) {
      streams.print(spokenVersion);
      return 0;
    }
    if (name === undefined || outer.has("help")) {
      streams.print(overviewOfDvc());
      return name === undefined && !outer.has("help") ? 254 : 0;
    }
    command = await dvcCommands[name]?.();
    if (command === undefined) {
      const names = Object.keys(dvcCommands).map((one) => `'${one}'`);
      throw new DvcCallError(`argument COMMAND: invalid choice: '${name}' (choose from ${names.join(", ")})`);
    }
    return await runCommand(command, outer, after, streams);
  } catch (error) {
    if (error instanceof DvcCallError) {
      streams.complain(`ERROR: ${error.message}`);
      streams.complain(command === undefined ? overviewOfDvc() : usageOf(command));
      return 254;
    }
    const [{ problemOf }, { tellFailure }] = await Promise.all([
      import("../failure.ts"),
      import("./tell-failure.ts"),
    ]);
    return tellFailure(problemOf(error), error, command?.failureCode ?? 255, streams);
  }
}

async function runCommand(
  command: DvcCommand,
  outer: DvcArguments,
  words: readonly string[],
  streams: DvcStreams,
): Promise<number> {
  const typed = readArguments(words, [...everywhere, ...command.options]);
  if (typed.has("help")) {
    streams.print(helpOf(command));
    return 0;
  }
  if (command.targets === "some" && typed.targets.length === 0)
    throw new DvcCallError(`the following arguments are required: ${command.targetName ?? "targets"}`);
  if (command.targets === "none" && typed.targets.length > 0)
    throw new DvcCallError(`unrecognized arguments: ${typed.targets.join(" ")}`);
  const isQuiet = typed.has("quiet") || outer.has("quiet");
  const output: DvcOutput = {
    isQuiet,
    waitsForLock: typed.has("wait-for-lock") || outer.has("wait-for-lock"),
    print: streams.print,
    say: (line) => (isQuiet ? undefined : streams.print(line)),
    tell: (line) => streams.complain(line),
    warn: (line) => (isQuiet ? undefined : streams.complain(`WARNING: ${line}`)),
  };
  const here = resolve(process.cwd(), typed.text("cd") ?? outer.text("cd") ?? ".");
  return await command.act({ typed, here, output });
}

/** Words before the verb, the verb, words behind it. */
function splitWords(words: readonly string[]): {
  before: readonly string[];
  name: string | undefined;
  after: readonly string[];
} {
  const index = words.findIndex((word, at) => !word.startsWith("-") && words[at - 1] !== "--cd");
  if (index < 0) return { before: words, name: undefined, after: [] };
  return { before: words.slice(0, index), name: words[index], after: words.slice(index + 1) };
}

function usageOf(command: DvcCommand): string {
  const options = command.options.map((option) => `[${option.flags[0] ?? ""}${valueOf(option)}]`);
  const words = { none: "", any: " [targets ...]", some: " targets [targets ...]" }[command.targets];
  return `usage: gyre dvc ${command.name} [-h] [-q | -v] ${options.join(" ")}${words.replaceAll("targets", command.targetName ?? "targets")}`;
}

function helpOf(command: DvcCommand): string {
  const lines = [...command.options, ...everywhere].map(
    (option) => `  ${`${option.flags.join(", ")}${valueOf(option)}`.padEnd(28)} ${option.says}`,
  );
  return `${usageOf(command)}\n\n${command.says}\n\noptions:\n${lines.join("\n")}`;
}

function valueOf(option: DvcOption): string {
  if (option.takes === undefined) return "";
  return option.takes === "one" ? ` <${nameOf(option)}>` : ` <${nameOf(option)} ...>`;
}

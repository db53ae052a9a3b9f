import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Command, CommanderError } from "commander";

import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { paintedHelp } from "./help.ts";
import { problems } from "./problems.ts";
import type { Terminal } from "./terminal.ts";
import { findVerb, verbs } from "./verbs.ts";

const root = join(import.meta.dirname, "..", "..");

/** Runs one command line and returns its exit code. Only the verb that was typed is loaded. */
export async function runCommandLine(typed: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = await createProgram(typed, terminal);
    if (typed.length === 0) {
      terminal.print(program.helpInformation().trimEnd());
      return 0;
    }
    await program.parseAsync([...typed], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { exitCodeOf, problemOf, tellProblem } = await import("./failure.ts");
    const problem = error instanceof CommanderError ? wrongCall(error, typed) : problemOf(error);
    tellProblem(problem, terminal, error);
    return exitCodeOf(problem);
  }
}

async function createProgram(typed: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command("gyre")
    .description(
      "Carries a machine-learning product round its whole loop: objective, data, model, release, monitoring.",
    )
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help; gyre <command> --help for one command")
    .helpCommand("help [command]", "print help for a command")
    .option("--json", "print data as JSON, errors as a JSON envelope")
    .option("--no-color", "no colours; NO_COLOR does the same")
    .usage("<command> [options]")
    .exitOverride()
    // Mistakes are told in our own words, in `runCommandLine`.
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .configureHelp(paintedHelp(terminal))
    .showSuggestionAfterError(true);
  const name = typedVerb(typed);
  const wanted = name === undefined ? undefined : findVerb(name);
  if (name !== undefined && name !== "help" && wanted === undefined) throw unknownVerb(name);
  for (const verb of verbs) {
    if (verb === wanted) await verb.register(program, terminal);
    else program.command(verb.name).description(verb.summary).copyInheritedSettings(program);
  }
  return program;
}

/** The first word that is no option; after `help`, the one behind it. */
function typedVerb(typed: readonly string[]): string | undefined {
  const words = typed.filter((word) => !word.startsWith("-"));
  return words[0] === "help" ? (words[1] ?? "help") : words[0];
}

function unknownVerb(name: string): Problem {
  const suggestion = nearest(
    name,
    verbs.map((verb) => verb.name),
  );
  return new Problem(problems.command_unknown, {
    message: `There is no command "${name}".`,
    ...(suggestion === undefined ? {} : { next: `Did you mean: gyre ${suggestion}` }),
  });
}

/** Commander's sentences in our form: its suggestion becomes the next step. */
function wrongCall(error: CommanderError, typed: readonly string[]): Problem {
  const [, sentence = "", suggestion] =
    /^(?:error: )?(.*?)\.?(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(error.message.trim()) ?? [];
  const verb = typedVerb(typed);
  const help = `gyre ${verb === undefined || verb === "help" ? "" : `${verb} `}--help`;
  return new Problem(problems.call_invalid, {
    message: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replaceAll("'", '"')}.`,
    next:
      suggestion === undefined
        ? `See what it takes with: ${help}`
        : `Did you mean ${suggestion}? See: ${help}`,
  });
}

function readVersion(): string {
  const text: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return typeof text === "object" && text !== null && "version" in text ? String(text.version) : "unknown";
}

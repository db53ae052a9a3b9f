import { spawn } from "node:child_process";
import { basename } from "node:path";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { placeOf } from "../repository/repository.ts";
import { addressOf } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";

/** The commands of a stage: entries of its list, or lines of its text. */
export function commandsOf(stage: TrackedStage): readonly string[] {
  const { cmd } = stage;
  if (cmd === undefined) return [];
  return typeof cmd === "string"
    ? cmd.split(/\r\n|\r|\n/).filter((line, index, all) => line !== "" || index < all.length - 1)
    : cmd;
}

export interface CommandRun {
  /** Lines of what it prints are told with the stage's name before them, when others run beside it. */
  readonly isBeside: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the commands one after the other, each by a shell of its own without the user's start-up files, in
 * the stage's folder. Throws `dvc_stage_failed` for the first that fails.
 */
export async function runCommands(session: Session, stage: TrackedStage, run: CommandRun): Promise<void> {
  const address = addressOf(stage, session.show);
  for (const command of commandsOf(stage)) {
    session.voice.say(`> ${command}`);
    const code = await runCommand(session, stage, command, run);
    if (code === 0) continue;
    throw new Problem(problems.dvc_stage_failed, {
      message: `failed to run: ${command}, exited with ${code}`,
      position: stage.position,
      data: { stage: address, command, exitCode: code },
    });
  }
}

async function runCommand(
  { repository, voice, show }: Session,
  stage: TrackedStage,
  command: string,
  { isBeside, signal }: CommandRun,
): Promise<number> {
  const shell = process.env["SHELL"] ?? "/bin/sh";
  const address = addressOf(stage, show);
  const child = spawn(shell, [...shellOptions(shell), "-c", command], {
    cwd: placeOf(repository, stage.wdir),
    env: { ...process.env, DVC_ROOT: process.env["DVC_ROOT"] ?? repository.root, DVC_STAGE: address },
    stdio: isBeside ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  // A terminal sends its interrupt to the command too, which ends by itself; we wait for it.
  const wait = (): void => {};
  process.on("SIGINT", wait);
  for (const [stream, tell] of [
    [child.stdout, (line: string) => voice.say(line)],
    [child.stderr, (line: string) => voice.tell(line)],
  ] as const) {
    if (stream !== null) tellLines(stream, (line) => tell(`${address} | ${line}`));
  }
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => resolve(code ?? -(signalNumbers[killedBy ?? ""] ?? 1)));
    });
  } finally {
    process.removeListener("SIGINT", wait);
    signal.removeEventListener("abort", stop);
  }
}

// As Python tells of a process that a signal has ended.
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

function shellOptions(shell: string): readonly string[] {
  const options: Readonly<Record<string, readonly string[]>> = {
    zsh: ["--no-rcs"],
    bash: ["--noprofile", "--norc"],
    fish: ["--no-config"],
  };
  return options[basename(shell).toLowerCase()] ?? [];
}

function tellLines(stream: NodeJS.ReadableStream, tell: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    const lines = `${rest}${piece}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line);
  });
  stream.on("end", () => {
    if (rest !== "") tell(rest);
  });
}

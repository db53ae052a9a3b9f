import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { Readable } from "node:stream";

import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { readStartTicks } from "#kernel/process-identity";

import { copyOutput } from "./copy-output.ts";
import type { Environment } from "./environment.ts";
import { createMask } from "./mask.ts";
import { endGroup } from "./process-group.ts";
import { openProcessLog } from "./process-log.ts";
import type { ProcessLog } from "./process-log.ts";
import { problems } from "./problems.ts";

/** Names a process for as long as the machine runs: numbers are reused, start times in ticks since boot are not. */
export interface ProcessMark {
  readonly pid: number;
  /** Empty where the system does not tell. */
  readonly startTicks: string;
}

export interface ProcessRequest {
  /** A text is run by a shell that reads no start-up files; a list is run as it stands. */
  readonly command: string | readonly string[];
  readonly cwd: string;
  /** Its programs come first on the PATH. */
  readonly environment?: Environment;
  /** All that the process sees beside PATH, LANG and TZ. Nothing of our own environment is passed on. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Both streams, in the order they were written, are appended here. */
  readonly logFile: string;
  /** A log that grows beyond this ends the process. */
  readonly maximumLogBytes: number;
  readonly signal?: AbortSignal;
  /** How long the group has between SIGTERM and SIGKILL when it must end early; 5 seconds unless told. */
  readonly graceMs?: () => number;
  readonly onLine?: (line: string) => void;
  /** Values that neither the log nor a line shows, when the process prints them. */
  readonly hidden?: readonly string[];
  /**
   * Called before the command begins, which waits for it: what it records is there whenever the
   * server dies. Without the server the command never begins.
   */
  readonly onStart?: (mark: ProcessMark) => Promise<void>;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal: string | null;
  readonly ended: "exited" | "timeout" | "cancelled" | "log_limit";
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/**
 * Runs a process in a group of its own, with a clean environment, and waits for its end. When it must
 * end early the group gets SIGTERM, and SIGKILL after its grace time; what it left behind in its group is
 * ended with it. A failing exit code is a result. Throws `process_not_started`.
 */
export async function runProcess(
  request: ProcessRequest,
  clock: Clock,
  searchPath: string,
  warm?: WarmStarts,
): Promise<ProcessResult> {
  const startedAtMs = clock.nowMs();
  const starting = (async (): Promise<StartedProcess> =>
    (await warm?.start(request, searchPath)) ?? (await startCold(request, searchPath)))();
  const { logFile, maximumLogBytes, onLine = () => {}, hidden = [] } = request;
  const opening = openProcessLog(logFile, maximumLogBytes, onLine, createMask(hidden));
  const [child, log] = await bothOrNeither(starting, opening);
  try {
    const ended = await runWithLog(request, child, log.write);
    return { ...ended, startedAtMs, endedAtMs: clock.nowMs() };
  } finally {
    await log.close();
  }
}

/** A process that starts has nowhere to print when its log does not open, and a log nothing to hold. */
async function bothOrNeither(
  starting: Promise<StartedProcess>,
  opening: Promise<ProcessLog>,
): Promise<[StartedProcess, ProcessLog]> {
  try {
    return await Promise.all([starting, opening]);
  } catch (error) {
    const [child, log] = await Promise.allSettled([starting, opening]);
    if (child.status === "fulfilled") child.value.closeGate();
    if (log.status === "fulfilled") await log.value.close();
    throw error;
  }
}

async function runWithLog(
  request: ProcessRequest,
  child: StartedProcess,
  write: (chunk: Uint8Array) => Promise<boolean>,
): Promise<Pick<ProcessResult, "exitCode" | "signal" | "ended">> {
  const { pid, exit } = child;
  let ended: ProcessResult["ended"] = "exited";
  let ending: Promise<void> | undefined;
  const endEarly = (because: ProcessResult["ended"]): void => {
    if (ended !== "exited") return;
    ended = because;
    ending = endGroup(pid, exit, request.graceMs?.());
  };
  const onAbort = (): void => endEarly("cancelled");
  const timer =
    request.timeoutMs === undefined
      ? undefined
      : setTimeout(() => endEarly("timeout"), Math.min(request.timeoutMs, 2 ** 31 - 1));
  request.signal?.addEventListener("abort", onAbort);
  if (request.signal?.aborted === true) onAbort();
  const printed = copyOutput(child.output, write, () => endEarly("log_limit"));
  try {
    if (ended === "exited") await openGate(child, request);
    const { exitCode, signal } = await exit;
    return { exitCode, signal, ended };
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", onAbort);
    child.closeGate();
    // Of a group that is ending already the children have what is left of its time, also without their leader.
    await (ending ?? endGroup(pid, exit));
    await printed.finish();
  }
}

/** A process that has started and waits behind its gate. */
export interface StartedProcess {
  readonly pid: number;
  readonly output: Readable;
  readonly exit: Promise<Exit>;
  openGate(): void;
  closeGate(): void;
}

/** What starts some processes in less time than others; undefined for those it cannot. */
export interface WarmStarts {
  start(request: ProcessRequest, searchPath: string): Promise<StartedProcess | undefined>;
}

async function startCold(request: ProcessRequest, searchPath: string): Promise<StartedProcess> {
  const child = startBehindGate(request, searchPath);
  const exit = exitOf(child);
  const pid = await started(child, request);
  return {
    pid,
    output: child.stdout ?? Readable.from([]),
    exit,
    openGate: () => void child.stdin?.end("go\n"),
    closeGate: () => void child.stdin?.end(),
  };
}

// The gate: the command begins when a line arrives, and never when our end of the pipe closes first,
// as it does when the server is killed. It also joins both streams into one pipe, which keeps their order.
const gate = 'read -r _ || exit 125; exec "$@" </dev/null 2>&1';

function startBehindGate(request: ProcessRequest, searchPath: string): ChildProcess {
  return spawn("/bin/sh", ["-c", gate, "sh", ...wordsOf(request.command)], {
    cwd: request.cwd,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    env: variablesOf(request, searchPath),
  });
}

/** What is executed for a command. */
export function wordsOf(command: ProcessRequest["command"]): readonly string[] {
  return typeof command === "string" ? [...shell, command] : command;
}

/** All variables that a process sees. */
export function variablesOf(
  { variables, environment }: ProcessRequest,
  searchPath: string,
): Record<string, string> {
  const path = environment === undefined ? searchPath : `${environment.binFolder}${delimiter}${searchPath}`;
  return { LANG: "C.UTF-8", TZ: "UTC", ...variables, PATH: path };
}

const shell: readonly string[] = existsSync("/bin/bash")
  ? ["/bin/bash", "--noprofile", "--norc", "-c"]
  : ["/bin/sh", "-c"];

async function started(child: ChildProcess, request: ProcessRequest): Promise<number> {
  // The pipe breaks when the process is ended at the gate; its exit tells that.
  child.stdin?.on("error", () => {});
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", resolve);
  });
  if (failure === undefined && child.pid !== undefined) return child.pid;
  throw new Problem(problems.process_not_started, {
    message: `A process could not be started in ${request.cwd}: ${failure?.message ?? "no process number"}.`,
    cause: failure,
  });
}

async function openGate({ pid, openGate }: StartedProcess, request: ProcessRequest): Promise<void> {
  await request.onStart?.({ pid, startTicks: readStartTicks(pid) });
  openGate();
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

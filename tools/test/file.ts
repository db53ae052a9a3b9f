import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CaseEvent, Tally } from "./cases.ts";

const reporter = new URL("reporter.ts", import.meta.url).href;
const maximumOutputLength = 20_000;

export interface FileRun {
  readonly file: string;
  readonly nodeFlags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs one test file in a process of its own and counts its cases. A file that crashes, hangs or fails
 * while loading counts as one failed case, told with the end of what it printed.
 */
export async function runFile(run: FileRun): Promise<Tally> {
  const eventsPath = join(tmpdir(), `gyre-test-${process.pid}-${run.file.replaceAll(/[^a-z0-9]+/gi, "-")}`);
  const flags = [`--test-reporter=${reporter}`, "--test-reporter-destination=stderr", ...run.nodeFlags];
  const child = spawn(process.execPath, [...flags, run.file], {
    // A group of its own, so that what a test started ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    // NODE_TEST_CONTEXT would make a file under test report to the test that runs it.
    env: { ...process.env, ...run.variables, GYRE_TEST_EVENTS: eventsPath, NODE_TEST_CONTEXT: undefined },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-maximumOutputLength);
    });
  }
  const ended = await endOf(child, run);
  const events = readEvents(eventsPath);
  return tallyFile(run.file, events, ended, output);
}

type Ended =
  | { readonly how: "exited"; readonly code: number | null }
  | { readonly how: "timeout" }
  | { readonly how: "stopped" };

function endOf(child: ChildProcess, { timeoutMs, signal }: FileRun): Promise<Ended> {
  return new Promise((resolve) => {
    let how: "timeout" | "stopped" | undefined;
    const end = (reason: "timeout" | "stopped"): void => {
      how ??= reason;
      endGroup(child);
    };
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    const stop = (): void => end("stopped");
    signal.addEventListener("abort", stop, { once: true });
    child.on("error", () => resolve({ how: "exited", code: null }));
    child.on("exit", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      // Whatever the file left behind would otherwise disturb the files after it.
      endGroup(child);
      setTimeout(() => resolve(how === undefined ? { how: "exited", code } : { how }), 20);
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing of the group is left: that is what was wanted.
  }
}

function readEvents(path: string): readonly CaseEvent[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    // The lines are our own reporter's; the last one may be cut when the process was killed.
    return lines.filter((line) => line.endsWith("}")).map((line): CaseEvent => JSON.parse(line));
  } catch {
    return [];
  } finally {
    rmSync(path, { force: true });
  }
}

function tallyFile(file: string, events: readonly CaseEvent[], ended: Ended, output: string): Tally {
  const failed = events.filter((event) => event.outcome === "failed");
  const failures = failed.map(({ name, message = "" }) => ({ where: file, name, detail: message }));
  const last = failures.at(-1);
  // What was printed is often the other half of the story, and belongs to no case in particular.
  if (last !== undefined && output.trim() !== "") {
    last.detail = `${last.detail}\n\nThe file printed:\n${output.trimEnd()}`;
  }
  const whole = whyFileFailed(ended, failed.length);
  if (whole !== undefined) failures.push({ where: file, name: whole, detail: output.trimEnd() });
  return {
    passed: events.filter((event) => event.outcome === "passed").length,
    failures,
    skips: events
      .filter((event) => event.outcome === "skipped")
      .map(({ name, message = "" }) => ({ where: file, name, reason: message })),
  };
}

function whyFileFailed(ended: Ended, failedCases: number): string | undefined {
  if (ended.how === "timeout") return "the file took too long and was ended";
  if (ended.how === "stopped") return "the run was stopped";
  if (ended.code === 0 || failedCases > 0) return undefined;
  return ended.code === null ? "the file was killed" : `the file ended with exit code ${ended.code}`;
}

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const graceMs = 10_000;

export interface Shell {
  /** Runs commands as typed, and gives what they printed, on stdout and stderr, and how the last one ended. */
  run(commands: string, timeoutMs: number): Promise<{ readonly output: string; readonly exitCode: number }>;
  /** Starts commands that stay up, and resolves when they have printed what `isUp` waits for. */
  start(commands: string, isUp: (output: string) => boolean, timeoutMs: number): Promise<string>;
}

/** One terminal, that of the reader, in an empty folder: place and variables stay from one block to the next. */
export async function openShell(
  test: TestContext,
  variables: Readonly<Record<string, string>>,
): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-journey-"));
  const environment = { ...process.env, ...variables, NO_COLOR: "1", TERM: "dumb" };
  const options = { cwd: folder, env: environment, detached: true } as const;
  const shell = spawn("bash", ["--noprofile", "--norc"], { ...options, stdio: ["pipe", "pipe", "pipe"] });
  const started: ChildProcess[] = [shell];
  // Of the test, not of the file: the file ends only when nothing runs any more. The folder goes last,
  // because what runs in it writes until its end.
  test.after(async () => {
    await Promise.all(started.map(endGroup));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  shell.stdin.write("exec 2>&1\n");
  let received = "";
  let heard = (): void => {};
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    received += text;
    heard();
  });

  function wait<Found>(read: () => Found | undefined, what: string, timeoutMs: number): Promise<Found> {
    return new Promise((resolve, reject) => {
      const tooLate = (): void => reject(new Error(`${what} took longer than ${timeoutMs} ms:\n${received}`));
      const timer = setTimeout(tooLate, timeoutMs);
      const look = (): void => {
        const found = read();
        if (found === undefined) return;
        clearTimeout(timer);
        heard = () => {};
        resolve(found);
      };
      heard = look;
      look();
    });
  }

  function run(commands: string, timeoutMs: number): Promise<{ output: string; exitCode: number }> {
    received = "";
    const mark = `--- done ${Math.random().toString(36).slice(2)}`;
    shell.stdin.write(`{ ${commands}\n} </dev/null\nprintf '\\n${mark} %s\\n' $?\n`);
    const read = (): { output: string; exitCode: number } | undefined => {
      const [output = "", rest] = received.split(`\n${mark} `);
      return rest?.includes("\n") === true ? { output, exitCode: Number.parseInt(rest, 10) } : undefined;
    };
    return wait(read, commands, timeoutMs);
  }

  return {
    run,
    async start(commands, isUp, timeoutMs) {
      const { output: here } = await run("pwd", 5_000);
      const background = spawn("bash", ["-c", commands], {
        ...options,
        cwd: here.trim(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      started.push(background);
      received = "";
      for (const stream of [background.stdout, background.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          received += text;
          heard();
        });
      }
      return await wait(() => (isUp(received) ? received : undefined), commands, timeoutMs);
    },
  };
}

function endGroup(leader: ChildProcess): Promise<void> {
  const { pid } = leader;
  if (pid === undefined || leader.exitCode !== null || leader.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const impatient = setTimeout(() => process.kill(-pid, "SIGKILL"), graceMs);
    leader.once("exit", () => {
      clearTimeout(impatient);
      resolve();
    });
    process.kill(-pid, "SIGTERM");
  });
}

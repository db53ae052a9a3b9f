import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");
const storyLimitMs = 8 * 60_000;

export interface Demo {
  readonly url: string;
  /** Of the second person, who approves and does not build. */
  readonly reviewerToken: string;
  close(): Promise<void>;
}

/** Plays `gyre demo` in a folder of its own, and returns when the story is told and the server stays up. */
export async function openDemo(): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), "gyre-browser-"));
  const child = spawn(process.execPath, [join(root, "gyre"), "demo", "--dir", join(folder, "airline-care")], {
    cwd: root,
    // A group of its own: the gateway and the steps end with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const close = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill("SIGINT");
      await Promise.race([ended, sleep(10_000)]);
    }
    endGroup(child.pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const untilMs = performance.now() + storyLimitMs;
  for (;;) {
    const url = /Look around: (http:\/\/[^/\s]+)/.exec(output)?.[1];
    const token = /signs in with the token (\S+)/.exec(output)?.[1];
    if (url !== undefined && token !== undefined) return { url, reviewerToken: token, close };
    if (child.exitCode !== null || performance.now() > untilMs) {
      await close();
      throw new Error(`The demo did not come to the end of its story.\n${output.slice(-4_000)}`);
    }
    await sleep(200);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left: that is what was wanted.
  }
}

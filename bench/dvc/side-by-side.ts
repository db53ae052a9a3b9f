import { execFileSync, spawn } from "node:child_process";
import { closeSync, cpSync, mkdirSync, openSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";

const gyre = join(import.meta.dirname, "..", "..", "gyre");
// The system's own threads go on for a while after a sync.
const restMs = 2_000;

/** Runs one of the programs in its repository; gives the seconds from the start of its process to its end. */
export type Run = (...words: readonly string[]) => Promise<number>;

/**
 * The same work with both programs, each in a repository of its own with the same files; `run` is ours, for more of
 * it. Both start from a disk that has nothing left to write. Nothing is removed before the end: ext4 without a
 * journal goes around numbers of files that were removed within the last minutes, and makes new ones several times
 * as slowly.
 */
export async function both<Result>(
  folder: string,
  program: string | undefined,
  name: string,
  files: number,
  work: (run: Run, place: string) => Promise<Result>,
  config = folderRemotes,
): Promise<{ readonly ours: Result; readonly theirs: Result | undefined; readonly run: Run }> {
  const ours = join(folder, `${name}-gyre`);
  makeRepository(ours, files, config(`${name}-gyre`));
  const theirs = join(folder, `${name}-dvc`);
  if (program !== undefined) {
    cpSync(ours, theirs, { recursive: true });
    writeFileSync(join(theirs, ".dvc", "config"), config(`${name}-dvc`));
  }
  const run: Run = async (...words) => await timed(ours, process.execPath, [gyre, "dvc", ...words]);
  await rest();
  const result = await work(run, ours);
  await rest();
  const peer =
    program === undefined
      ? undefined
      : await work(async (...words) => await timed(theirs, program, words), theirs);
  return { ours: result, theirs: peer, run };
}

/** Nothing is left to be written, and no file is as young as the clock's tick when it is looked at. */
async function rest(): Promise<void> {
  execFileSync("sync");
  await new Promise((resolve) => setTimeout(resolve, restMs));
}

/**
 * Fills the memory with pages of files, as it is on a machine that has been at work for a day. A virtual machine may
 * give free memory back to its host, and then each page that is new costs its guest some 10 us: files are made half
 * as fast, by whom depends on who was there last. Stays so until the folder is removed.
 */
export function fillMemory(folder: string): void {
  const place = join(folder, "nothing");
  writeFileSync(place, "");
  truncateSync(place, totalmem());
  const file = openSync(place, "r");
  const piece = Buffer.alloc(4 * 1024 * 1024);
  while (readSync(file, piece) > 0);
  closeSync(file);
}

function folderRemotes(name: string): string {
  const remotes = ["store", "packed"].map(
    (remote) => `['remote "${remote}"']\n    url = ../../${name}-${remote}\n`,
  );
  return `[core]\n    no_scm = True\n    remote = store\n${remotes.join("")}`;
}

function makeRepository(place: string, files: number, config: string): void {
  mkdirSync(join(place, ".dvc"), { recursive: true });
  writeFileSync(join(place, ".dvc", "config"), config);
  for (let index = 0; index < files; index++) {
    const folder = join(place, "data", String(index % 100));
    if (index < 100) mkdirSync(folder, { recursive: true });
    // Around three kilobytes, each file another text.
    writeFileSync(join(folder, `${index}.txt`), `${index} `.repeat(500));
  }
}

/** Seconds from the start of a process to its end. */
async function timed(place: string, program: string, words: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(program, words, {
    cwd: place,
    env: { ...process.env, DVC_NO_ANALYTICS: "1", DVC_SITE_CACHE_DIR: join(place, "..", "site-cache") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0)
    throw new Error(`${program} ${words.join(" ")} ended with ${String(code)}: ${said.slice(-500)}`);
  return (performance.now() - startedMs) / 1_000;
}

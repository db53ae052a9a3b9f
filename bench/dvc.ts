import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { findDvc } from "../journeys/dvc/environment.ts";
import type { Figure, Measurement } from "./figures.ts";

const gyre = join(import.meta.dirname, "..", "gyre");
const addedFiles = 25_000;
const trackedFiles = 70_000;
const pushedFiles = 10_000;

/**
 * `gyre dvc` beside the real `dvc`, one after the other on the same files: adding many small files, asking
 * what has changed when nothing has, and pushing to a folder, in DVC's layout and in packs. Both start as a
 * process each time, as they do at a prompt.
 */
export const dvc: Measurement = {
  name: "dvc",
  title: `DVC: ${addedFiles} small files added, ${trackedFiles} looked at, ${pushedFiles} pushed`,
  isLong: true,
  async measure({ folder }) {
    const peer = await findDvc();
    const program = peer.startsWith("no dvc") ? undefined : peer;
    const absent = program === undefined ? { note: peer } : {};
    const figures: Figure[] = [];

    const add = await both(folder, program, "add", addedFiles, async (run, place) => {
      const seconds = await run("add", "-q", "data");
      const status = await run("status", "-q");
      writeFileSync(join(place, "data", "0", "0.txt"), "changed");
      return { seconds, status, changed: await run("add", "-q", "data") };
    });
    const ratio = (ours: number, theirs: number | undefined) =>
      theirs === undefined ? {} : { ratio: ours / theirs };
    const perSecond = (seconds: number | undefined) =>
      seconds === undefined ? undefined : addedFiles / seconds;
    figures.push({
      what: "add",
      value: addedFiles / add.ours.seconds,
      unit: "files a second",
      atLeast: 15_000,
      ...ratio(addedFiles / add.ours.seconds, perSecond(add.theirs?.seconds)),
      ...absent,
    });
    figures.push({
      what: "add again, one file changed",
      value: add.ours.changed,
      unit: "s",
      ...ratio(add.ours.changed, add.theirs?.changed),
    });

    const status = await both(folder, program, "status", trackedFiles, async (run) => {
      await run("add", "-q", "data");
      // The first look after an add may read files that were too young to be remembered.
      await run("status", "-q");
      return await run("status", "-q");
    });
    figures.push({
      what: "status, nothing changed",
      value: status.ours,
      unit: "s",
      target: 1,
      ...ratio(status.ours, status.theirs),
    });

    const push = await both(folder, program, "push", pushedFiles, async (run, place) => {
      await run("add", "-q", "data");
      const seconds = await run("push", "-q");
      return { seconds, place };
    });
    figures.push({
      what: "push to a folder, DVC's layout",
      value: pushedFiles / push.ours.seconds,
      unit: "files a second",
      ...ratio(
        pushedFiles / push.ours.seconds,
        push.theirs === undefined ? undefined : pushedFiles / push.theirs.seconds,
      ),
    });
    const packed = await timed(push.ours.place, process.execPath, [
      gyre,
      "dvc",
      "push",
      "-q",
      "-r",
      "packed",
      "--packs",
    ]);
    figures.push({
      what: "push to a folder, in packs",
      value: pushedFiles / packed,
      unit: "files a second",
      ...ratio(
        pushedFiles / packed,
        push.theirs === undefined ? undefined : pushedFiles / push.theirs.seconds,
      ),
    });
    return figures;
  },
};

type Run = (...words: readonly string[]) => Promise<number>;

/** The same work with both programs, each in a repository of its own with the same files. */
async function both<Result>(
  folder: string,
  program: string | undefined,
  name: string,
  files: number,
  work: (run: Run, place: string) => Promise<Result>,
): Promise<{ readonly ours: Result; readonly theirs: Result | undefined }> {
  const ours = join(folder, `${name}-gyre`);
  makeRepository(ours, files);
  const theirs = join(folder, `${name}-dvc`);
  if (program !== undefined) cpSync(ours, theirs, { recursive: true });
  // Files are no longer as young as the clock's tick when they are looked at.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const result = await work(
    async (...words) => await timed(ours, process.execPath, [gyre, "dvc", ...words]),
    ours,
  );
  const peer =
    program === undefined
      ? undefined
      : await work(async (...words) => await timed(theirs, program, words), theirs);
  rmSync(theirs, { recursive: true, force: true });
  return { ours: result, theirs: peer };
}

function makeRepository(place: string, files: number): void {
  mkdirSync(join(place, ".dvc"), { recursive: true });
  const remotes = ["store", "packed"].map((name) => `['remote "${name}"']\n    url = ../../${name}-of-it\n`);
  writeFileSync(
    join(place, ".dvc", "config"),
    `[core]\n    no_scm = True\n    remote = store\n${remotes.join("")}`,
  );
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

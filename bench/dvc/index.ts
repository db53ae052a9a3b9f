import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { findDvc } from "../../journeys/dvc/environment.ts";
import { median } from "../figures.ts";
import type { Figure, Measurement } from "../figures.ts";
import { both, fillMemory } from "./side-by-side.ts";

const addedFiles = 25_000;
const addPairs = 5;
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
    const figures: Figure[] = [];

    fillMemory(folder);
    // Both programs are in memory before they are timed.
    await both(folder, program, "warm", 100, async (run) => await run("add", "-q", "data"));
    const adds: Awaited<ReturnType<typeof addOnce>>[] = [];
    for (let pair = 1; pair <= addPairs; pair++) adds.push(await addOnce(folder, program, `add-${pair}`));
    const ours = median(adds.map((pair) => pair.ours.seconds));
    const theirs =
      program === undefined ? undefined : median(adds.map((pair) => pair.theirs?.seconds ?? NaN));
    figures.push({
      what: "add",
      value: addedFiles / ours,
      unit: "files a second",
      atLeast: 15_000,
      note: theirs === undefined ? peer : `${ours.toFixed(2)} s`,
    });
    if (theirs !== undefined) {
      figures.push({
        what: "add, dvc's time in ours",
        value: theirs / ours,
        unit: "times",
        atLeast: 10,
        note: `dvc takes ${theirs.toFixed(1)} s; medians of ${addPairs} pairs in turn`,
      });
    }
    const changed = adds[0];
    if (changed !== undefined)
      figures.push({
        what: "add again, one file changed",
        value: changed.ours.changed,
        unit: "s",
        ...ratio(changed.ours.changed, changed.theirs?.changed),
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

    const push = await both(folder, program, "push", pushedFiles, async (run) => {
      await run("add", "-q", "data");
      return { seconds: await run("push", "-q") };
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
    const packed = await push.run("push", "-q", "-r", "packed", "--packs");
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

/** The add of many files, and of one of them changed, by both programs. */
async function addOnce(folder: string, program: string | undefined, name: string) {
  return await both(folder, program, name, addedFiles, async (run, place) => {
    const seconds = await run("add", "-q", "data");
    const status = await run("status", "-q");
    writeFileSync(join(place, "data", "0", "0.txt"), "changed");
    return { seconds, status, changed: await run("add", "-q", "data") };
  });
}

function ratio(ours: number, theirs: number | undefined): { readonly ratio?: number } {
  return theirs === undefined ? {} : { ratio: ours / theirs };
}

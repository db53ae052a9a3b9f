import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { findDvc } from "../../journeys/dvc/environment.ts";
import type { Figure, Measurement } from "../figures.ts";
import { both } from "./side-by-side.ts";

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

import { accessSync, constants, existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

import { shownPath } from "../project.ts";
import { sizeText } from "../words.ts";
import type { Finding } from "./examine.ts";

const neededMajor = 26;

export function examineNode(): Finding {
  const { node } = process.versions;
  const isEnough = Number(node.split(".")[0]) >= neededMajor;
  return isEnough
    ? { subject: "node", verdict: "ok", sentence: `Node ${node}.` }
    : {
        subject: "node",
        verdict: "fail",
        sentence: `Node ${node} is too old.`,
        next: `Run npm ci in the folder of Gyre: it brings Node ${neededMajor}.`,
      };
}

/** Whether the folder of the state can be made, and written to. */
export function examineFolder(folder: string): Finding {
  const nearest = nearestExisting(folder);
  const probe = join(nearest, `.gyre-probe-${process.pid}`);
  try {
    accessSync(nearest, constants.W_OK);
    mkdirSync(probe);
    rmSync(probe, { recursive: true });
    return { subject: "folder", verdict: "ok", sentence: `${shownPath(folder)} can be written to.` };
  } catch (error) {
    return {
      subject: "folder",
      verdict: "fail",
      sentence: `${shownPath(nearest)} cannot be written to: ${error instanceof Error ? error.message : String(error)}.`,
      next: "Mend its permissions, or keep the state elsewhere with --dir or GYRE_DIR.",
    };
  }
}

const tooLittleBytes = 500_000_000;
const littleBytes = 5_000_000_000;

export function examineDisk(folder: string): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(folder));
  const freeBytes = bavail * bsize;
  const sentence = `${sizeText(freeBytes)} free for ${shownPath(folder)}.`;
  if (freeBytes >= littleBytes) return { subject: "disk", verdict: "ok", sentence };
  return {
    subject: "disk",
    verdict: freeBytes < tooLittleBytes ? "fail" : "warn",
    sentence,
    next: "Make room, or keep the state on another disk with --dir or GYRE_DIR.",
  };
}

export function examineInterface(folder: string): Finding {
  return existsSync(join(folder, "index.html"))
    ? { subject: "interface", verdict: "ok", sentence: "The web interface is built." }
    : {
        subject: "interface",
        verdict: "warn",
        sentence: "The web interface is not built; everything else works.",
        next: "npm run build, in the folder of Gyre",
      };
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}

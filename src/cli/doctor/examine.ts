import { join } from "node:path";

import { readConfig } from "#kernel/config";
import type { Config } from "#kernel/config";
import { Problem } from "#kernel/errors";

import { examineBlobs } from "./blobs.ts";
import { examineDatabase } from "./database.ts";
import { examineDisk, examineFolder, examineInterface, examineNode } from "./machine.ts";
import { examinePython, examineUv } from "./python.ts";
import { examinePorts, examineServer } from "./server.ts";
import { examineTargets } from "./targets.ts";

/** What was found about one thing. `warn` keeps nothing from working. */
export interface Finding {
  readonly subject: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly sentence: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Looks at everything once; nothing is changed, and nothing looked at can make it throw. */
export async function examine(dir: string | undefined): Promise<readonly Finding[]> {
  const settings = readSettings(dir);
  if (settings instanceof Problem) {
    return [
      examineNode(),
      { subject: "settings", verdict: "fail", sentence: settings.message, next: settings.next },
    ];
  }
  const examinations: readonly (() => Finding | Promise<Finding | readonly Finding[]>)[] = [
    examineNode,
    examinePython,
    examineUv,
    () => examineFolder(settings.dir),
    () => examineDisk(settings.dir),
    () => examinePorts(settings),
    () => examineServer(settings),
    () => examineDatabase(settings.database),
    () => examineBlobs(settings),
    () => examineTargets(settings),
    () => examineInterface(join(import.meta.dirname, "..", "..", "..", "web", "dist")),
  ];
  return (await Promise.all(examinations.map((look) => look()))).flat();
}

function readSettings(dir: string | undefined): Config | Problem {
  try {
    return readConfig({ flags: { dir }, environment: process.env, workingFolder: process.cwd() }).config;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

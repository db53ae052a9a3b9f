import { dayMs } from "#kernel/clock";
import type { Route } from "#kernel/http";
import { silentLog } from "#kernel/log";
import type { Log } from "#kernel/log";

import { join } from "node:path";

import type { StudyCommands } from "./commands.ts";
import { driveStudy, giveUpStudy } from "./drive.ts";
import { createStudyOrders } from "./orders.ts";
import type { StudyParts } from "./parts.ts";
import { createStudyQuestions } from "./questions.ts";
import type { StudyQuestions } from "./questions.ts";
import { createStudyRoutes } from "./routes.ts";

export interface Studies extends StudyQuestions {
  readonly commands: StudyCommands;
  readonly routes: readonly Route[];
}

export interface StudiesParts extends Omit<StudyParts, "snapshotsFolder" | "log"> {
  /** The state folder of the server. */
  readonly stateFolder: string;
  readonly log?: Log;
}

// A study mostly waits for its trials, so many cost little.
const studiesAtOnce = 32;
// Only the death of a server and trouble with its disk or database count; a trial that fails does not.
const maximumAttempts = 50;

/** Builds studies over pipelines: searches over the parameters of a project's pipeline. */
export function createStudies(given: StudiesParts): Studies {
  const parts: StudyParts = {
    ...given,
    log: given.log ?? silentLog,
    snapshotsFolder: join(given.stateFolder, "snapshots"),
  };
  parts.jobs.define("studies.drive", {
    concurrency: studiesAtOnce,
    maxAttempts: maximumAttempts,
    timeoutMs: 20 * dayMs,
    run: async (job) => await driveStudy(parts, job),
    gaveUp: async (job, error) => await giveUpStudy(parts, job, error),
  });
  const questions = createStudyQuestions(parts);
  const commands = createStudyOrders(parts);
  return { ...questions, commands, routes: createStudyRoutes(questions, commands) };
}

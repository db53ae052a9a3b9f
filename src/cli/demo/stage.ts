import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createSkippingClock, dayMs } from "#kernel/clock";
import type { ManualClock } from "#kernel/clock";
import { readConfig } from "#kernel/config";
import { makeFolder } from "#kernel/disk";
import { processIdentity } from "#kernel/process-identity";
import { holdYoungGeneration } from "#kernel/young-generation";
import { startServer } from "#main";
import type { System } from "#main";

import { removeServerFile, writeServerFile } from "../server-file.ts";
import { messagesToCsv } from "./messages/index.ts";
import type { MessageStream } from "./messages/index.ts";

export const project = "airline-care";

/** Where the demo plays: a project made from the blueprint, a running system, a clock, and two people. */
export interface Stage {
  readonly folder: string;
  readonly system: System;
  readonly clock: ManualClock;
  readonly author: { readonly id: string; readonly name: string };
  readonly reviewer: { readonly id: string; readonly name: string; readonly token: string };
  /** Moves time forward everywhere, and waits until nothing more follows from it. */
  advanceTo(atMs: number): Promise<void>;
  stop(): Promise<void>;
}

const blueprint = join(import.meta.dirname, "..", "..", "..", "blueprints", "text-classification");
const reviewerName = "reviewer";

/**
 * A file brings some sixty messages a day, a tenth of what the project makes itself. In one day of shadow too
 * few outcomes come to tell a bad candidate from an unlucky one, so the team that gets them looks for two days.
 */
export const usualRollout = "{ shadow: 1d }, { canary: 25%, for: 1d }";
const patientRollout = "{ shadow: 2d }, { canary: 25%, for: 12h }";

export interface StageOptions {
  /** The folder for the project; what an earlier demo left there is removed. */
  readonly folder: string;
  readonly port: string;
  readonly stream: MessageStream;
}

/** Makes the project from the blueprint and starts the system, a simulated day before the first traffic. */
export async function setStage({ folder, port, stream }: StageOptions): Promise<Stage> {
  makeProject(folder, stream);
  const firstMs = stream.traffic[0]?.createdAtMs ?? 0;
  const clock = createSkippingClock(firstMs - dayMs);
  const { config } = readConfig({
    flags: { port, gatewayPort: "0", logLevel: "error" },
    environment: {},
    workingFolder: folder,
  });
  const system = await startServer(config, clock);
  holdYoungGeneration();
  const startedAtMs = Date.now();
  const url = system.url();
  writeServerFile(config.dir, {
    url,
    gatewayUrl: system.gatewayUrl(),
    pid: process.pid,
    process: processIdentity,
    startedAtMs,
  });
  const author = await system.access.localPrincipal();
  return {
    folder,
    system,
    clock,
    author,
    reviewer: await addReviewer(system, author.id),
    async advanceTo(atMs) {
      clock.setMs(atMs);
      await system.serving.setClock(clock.nowMs());
      await system.settle();
    },
    async stop() {
      removeServerFile(config.dir);
      await system.stop();
    },
  };
}

function makeProject(folder: string, stream: MessageStream): void {
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  cpSync(blueprint, folder, { recursive: true });
  for (const file of ["gyre.yaml", "README.md"]) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8").replaceAll("{{name}}", project);
    writeFileSync(path, stream.isMade ? text : text.replace(usualRollout, patientRollout));
  }
  makeFolder(join(folder, "data"));
  writeFileSync(join(folder, "data", "messages.csv"), messagesToCsv(stream.training));
}

/** The second person: nobody approves their own release. */
async function addReviewer(system: System, actor: string): Promise<Stage["reviewer"]> {
  const { commands } = system.access;
  const { id, name } = await commands.addPrincipal({ name: reviewerName, kind: "person", actor });
  await commands.grantRole({ principal: id, role: "approver", project: null, actor });
  const { secret } = await commands.issueToken({ principal: id, label: "demo", expiresAtMs: null, actor });
  return { id, name, token: secret };
}

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { z } from "zod";

import { hasCertainlyEnded } from "#kernel/process-identity";

const serverSchema = z.object({
  url: z.string(),
  gatewayUrl: z.string(),
  pid: z.number(),
  /** As of `#kernel/process-identity`: tells a server that was killed from one that lives. */
  process: z.string(),
  startedAtMs: z.number(),
});

/** What a running server writes beside its state, so that commands find it. */
export type RunningServer = z.infer<typeof serverSchema>;

const fileName = "server.json";

export function writeServerFile(stateFolder: string, server: RunningServer): void {
  writeFileSync(join(stateFolder, fileName), `${JSON.stringify(server, null, 2)}\n`);
}

export function removeServerFile(stateFolder: string): void {
  rmSync(join(stateFolder, fileName), { force: true });
}

/** The server of a state folder; undefined when there is none, or it certainly has ended. */
export function readServerFile(stateFolder: string): RunningServer | undefined {
  try {
    const server = serverSchema.parse(JSON.parse(readFileSync(join(stateFolder, fileName), "utf8")));
    return hasCertainlyEnded(server.process) ? undefined : server;
  } catch {
    // Absent, or half of a file from a full disk: either way nothing is known to run.
    return undefined;
  }
}

/** The nearest `.gyre` at or above the folder that names a server. */
export function findServerFile(folder: string): RunningServer | undefined {
  const start = resolve(folder);
  const stateFolder = join(start, ".gyre");
  const found = existsSync(stateFolder) ? readServerFile(stateFolder) : undefined;
  if (found !== undefined) return found;
  return dirname(start) === start ? undefined : findServerFile(dirname(start));
}

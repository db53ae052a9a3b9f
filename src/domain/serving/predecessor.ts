import { setTimeout as sleep } from "node:timers/promises";

import { hasCertainlyEnded, processIdentity } from "#kernel/process-identity";

import { readGatewayFile } from "./routing/index.ts";

const graceMs = 5_000;

/**
 * Ends the gateway that a control plane left behind when it was killed: it went on answering, and holds
 * the prediction log that its successor needs. It finishes what is under way first. Gives the port it
 * had, so that clients find the successor where they found it.
 */
export async function endPredecessor(folder: string): Promise<{ readonly port: number } | undefined> {
  const left = readGatewayFile(folder);
  if (left === undefined || !isOfThisMachine(left.process)) return undefined;
  const untilMs = Date.now() + graceMs;
  for (let tries = 0; !hasCertainlyEnded(left.process); tries++) {
    if (tries === 0) signal(left.pid, "SIGTERM");
    if (Date.now() > untilMs) signal(left.pid, "SIGKILL");
    await sleep(20);
  }
  return { port: left.port };
}

/** Process numbers mean nothing across hosts, boots and containers. */
function isOfThisMachine(identity: string): boolean {
  return identity.split("/")[0] === processIdentity.split("/")[0];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile, as it should.
  }
}

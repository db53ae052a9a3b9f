import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { ProcessMark } from "#compute";

import type { Pool } from "./pool.ts";

const schema = z.object({
  device: z.string(),
  pid: z.number(),
  startTicks: z.string(),
  stage: z.string(),
  project: z.string(),
  execution: z.string(),
});
type Held = z.infer<typeof schema>;

/** Which process works on which GPU of this machine, so that the next server knows of those that outlive this one. */
export interface HeldGpus {
  /** Before the process begins to work. */
  hold(
    devices: readonly string[],
    by: ProcessMark & Pick<Held, "stage" | "project" | "execution">,
  ): Promise<void>;
}

interface HeldGpusParts {
  readonly folder: string;
  readonly pool: Pick<Pool, "withhold">;
  /** Whether something of that process goes on. */
  hasOrphan(mark: ProcessMark): Promise<boolean>;
}

const lookEveryMs = 200;

/**
 * A killed server may leave a step running on a GPU, until its execution is taken up again and ends it. Nobody
 * else gets that GPU before: it is kept out of the pool from the start on, and let in when its process is gone.
 */
export function createHeldGpus({ folder, pool, hasOrphan }: HeldGpusParts): HeldGpus {
  mkdirSync(folder, { recursive: true });
  for (const held of readHeld(folder)) {
    const giveBack = pool.withhold({ ...held, stage: `${held.stage} (of a server that ended)` }, held.device);
    void waitForEnd(held).then(giveBack);
  }

  async function waitForEnd(held: Held): Promise<void> {
    while (await hasOrphan(held)) await sleep(lookEveryMs, undefined, { ref: false });
    const path = fileOf(folder, held.device);
    // A step of this server may have it by now.
    const text = await readFile(path, "utf8").catch(() => "");
    if (text === JSON.stringify(held)) await rm(path, { force: true });
  }

  return {
    async hold(devices, { pid, startTicks, stage, project, execution }) {
      for (const device of devices) {
        const path = fileOf(folder, device);
        const held: Held = { device, pid, startTicks, stage, project, execution };
        await writeFile(`${path}.new`, JSON.stringify(held));
        await rename(`${path}.new`, path);
      }
    },
  };
}

function readHeld(folder: string): readonly Held[] {
  return readdirSync(folder).flatMap((name) => {
    if (!name.endsWith(".json")) return [];
    try {
      return [schema.parse(JSON.parse(readFileSync(join(folder, name), "utf8")))];
    } catch {
      return [];
    }
  });
}

/** Devices may be called by names too. */
function fileOf(folder: string, device: string): string {
  return join(folder, `${encodeURIComponent(device)}.json`);
}

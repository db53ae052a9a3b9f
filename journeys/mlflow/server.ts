import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { startServer } from "../failures/gyre.ts";

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** `gyre up` as a person starts it, in an empty folder of its own. */
export async function startGyreServer(words: readonly string[] = []): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-mlflow-"));
  after(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await writeFile(join(folder, "gyre.yaml"), "project: journey\n");
  const server = await startServer({ folder }, words);
  const [, url = ""] = await server.says(/Gyre is up at (\S+)/);
  return {
    url,
    async stop() {
      server.interrupt();
      await server.ended;
    },
  };
}

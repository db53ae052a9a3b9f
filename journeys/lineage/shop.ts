import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after } from "node:test";

import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";
import type { Execution } from "#pipelines";

export interface Shop {
  readonly folder: string;
  readonly system: System;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Starts an execution and waits for its end. */
  run(targets?: readonly string[]): Promise<Execution>;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Ends the server and starts another over the same state. */
  restart(): Promise<Shop>;
}

export interface Answer {
  readonly status: number;
  readonly body: ReturnType<typeof JSON.parse>;
}

const files = {
  "gyre.yaml": `project: shop
pipeline: dvc.yaml
data:
  orders: { source: { file: data/orders.csv } }
`,
  "data/orders.csv": "order,amount\n1,10\n2,20\n",
  "dvc.yaml": `stages:
  clean:
    cmd: sort -r data/orders.csv > clean.csv
    desc: newest orders first
    deps: [data/orders.csv]
    outs: [clean.csv]
  report:
    cmd: sh report.sh
    deps: [clean.csv, report.sh]
    outs: [out]
    metrics: [{ m.json: { cache: false } }]
`,
  "report.sh": `mkdir out; cp clean.csv out/a.csv; echo 1 > out/b.txt; echo '{"orders": 2}' > m.json\n`,
};

/** A whole server over a small project of shell commands, in folders of the test's own. */
export async function openShop(more: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const root = await temporaryFolder();
  const folder = join(root, "shop");
  const write: Shop["write"] = async (texts) => {
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await write({ ...files, ...more });
  return await start(folder, write);
}

async function start(folder: string, write: Shop["write"]): Promise<Shop> {
  const { config } = readConfig({
    flags: {
      port: "0",
      gatewayPort: "0",
      logLevel: "error",
      dir: join(folder, "..", "state"),
      webhookHosts: "127.0.0.1",
    },
    environment: {},
    workingFolder: folder,
  });
  const system = await startServer(config);
  let isRunning = true;
  const stop = async (): Promise<void> => {
    if (isRunning) await system.stop();
    isRunning = false;
  };
  after(stop);
  await system.projectFolder.apply({ folder, actor: "system" });
  return {
    folder,
    system,
    write,
    async run(targets = []) {
      const { id } = await system.pipelines.commands.execute({
        project: "shop",
        targets,
        purpose: { kind: "requested", reason: "a test" },
        actor: "system",
      });
      await system.pipelines.awaitExecution(id, { withinMs: 60_000 });
      return await system.pipelines.getExecution(id);
    },
    async call(method, path, body) {
      const answer = await fetch(`${system.url()}${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    async restart() {
      await stop();
      return await start(folder, write);
    },
  };
}

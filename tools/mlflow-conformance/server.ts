import { channel } from "node:diagnostics_channel";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { migrations as columnarMigrations } from "#kernel/columnar";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import { createSecretBox } from "#kernel/secret-box";
import { createWebhooks, migrations as webhookMigrations } from "#webhooks";

import { createTestServer, testMigrations } from "../../src/protocols/mlflow/test-server.ts";

/*
 * The server that upstream's tests are pointed at: tracking and the registry behind the MLflow protocol,
 * everything real, on loopback. It is asked by lines on its standard input and answers each with a line
 * of JSON: `fresh` starts an empty system and says its address, `fresh any` one that keeps any text as artifact
 * location and source, `count` says how many requests it has had.
 */

const folder = mkdtempSync(join(tmpdir(), "gyre-conformance-"));
const migrations = [
  ...eventMigrations,
  ...jobMigrations,
  ...columnarMigrations,
  ...testMigrations,
  ...webhookMigrations,
];
let requests = 0;
let serial = 0;
let running: Running | undefined;

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

channel("http.server.request.start").subscribe(() => {
  requests += 1;
});

// Migrating once and copying the file makes a fresh system cost milliseconds.
const template = join(folder, "template.db");
const blank = openDatabase({ location: template });
await blank.migrate(migrations);
await blank.close();

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith("fresh")) await answerFresh(line === "fresh any");
  else process.stdout.write(`${JSON.stringify({ requests })}\n`);
}
await running?.stop();
rmSync(folder, { recursive: true, force: true });

async function answerFresh(anyAddress: boolean): Promise<void> {
  // Clients of the test before may keep connections open for seconds: the next test does not wait for them.
  void running?.stop();
  running = await start(anyAddress);
  requests = 0;
  process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);
}

async function notAsked(): Promise<never> {
  throw new Error("there are no releases here");
}

async function start(anyAddress: boolean): Promise<Running> {
  const own = join(folder, String(++serial));
  mkdirSync(own);
  const location = join(own, "gyre.db");
  cpSync(template, location);
  const db = openDatabase({ location });
  const clock = systemClock;
  const ledger = createLedger({ db, clock, log: silentLog });
  const jobs = createJobQueue({ db, clock, log: silentLog });
  const blobs = createDiskBlobs({ folder: join(own, "blobs") });
  const kernel = { db, ledger, clock, jobs, blobs, log: silentLog };
  const { server } = createTestServer(kernel, {
    withRegistry: true,
    anyAddress,
    webhooks: (registry) =>
      createWebhooks({
        ...kernel,
        registry,
        secrets: createSecretBox({ file: join(own, "secret.key") }),
        delivery: { getRelease: notAsked },
        allowedHosts: [],
      }),
  });
  const { url } = await server.listen();
  return {
    url,
    async stop() {
      await server.close();
      await jobs.stop({ graceMs: 0 });
      await ledger.stop();
      await db.close();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

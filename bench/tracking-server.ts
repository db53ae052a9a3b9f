import { join } from "node:path";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createMlflow } from "#protocols/mlflow";
import { createTracking, migrations } from "#tracking";

// Tracking and its MLflow routes alone, for `bench/tracking.ts`: folder and port are the arguments.

const [folder = ".", port = "0"] = process.argv.slice(2);
const clock = systemClock;
const db = openDatabase({ location: join(folder, "state.db") });
await db.migrate([...eventMigrations, ...migrations]);
const ledger = createLedger({ db, clock });
const blobs = createDiskBlobs({ folder: join(folder, "blobs") });
const tracking = createTracking({ db, ledger, blobs, clock, isProject: async () => false });
const server = createServer({
  routes: [...tracking.routes, ...createMlflow({ tracking, clock, blobs }).routes],
  authenticate: async () => ({ id: "usr_bench", name: "Bench", kind: "person", via: "local" }),
  authorise: async () => {},
  clock,
  log: silentLog,
  host: "127.0.0.1",
  port: Number(port),
});
await server.listen();

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";

import { systemClock } from "#kernel/clock";
import { createLedger } from "#kernel/events";
import { createServer } from "#kernel/http";
import { createJobQueue } from "#kernel/jobs";
import { silentLog } from "#kernel/log";
import { createTestKernel, temporaryFolder } from "#kernel/testing";

import { createAccess, migrations as accessMigrations } from "#access";
import { createCompute, createTargets, migrations as computeMigrations } from "#compute";
import type { TargetSettings } from "#compute";
import { migrations } from "#pipelines";
import { migrations as trackingMigrations } from "#tracking";

import type { Launcher } from "../../src/domain/compute/targets/far/performer.ts";
import { createPasses } from "../../src/pipeline-ports.ts";
import { openTestProject } from "../../src/domain/pipelines/test-project.ts";
import type { Files } from "../../src/domain/pipelines/test-project.ts";

/** A project on a server with one compute target more than this machine. */
export async function openHouse(files: Files, settings: TargetSettings, launcher?: Launcher) {
  const kernel = await createTestKernel({
    migrations: [...accessMigrations, ...trackingMigrations, ...computeMigrations, ...migrations],
    // Work elsewhere says when it began by the clock of the system.
    startMs: systemClock.nowMs(),
  });
  const access = createAccess({ ...kernel, mode: "required" });
  const passes = createPasses(access);
  const compute = createCompute({ clock: systemClock, cacheFolder: kernel.folder });
  let url = "";
  const targets = createTargets({
    ...kernel,
    clock: systemClock,
    compute,
    settings: [settings],
    ...(launcher === undefined ? {} : { launcherFor: () => launcher }),
    stateFolder: kernel.folder,
    serverUrl: () => url,
    everyMs: { look: 100, beat: 100, checkpoint: 100 },
  });
  const server = createServer({
    routes: targets.routes,
    authenticate: async () => undefined,
    authorise: async () => {},
    requiresSignIn: true,
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  url = (await server.listen()).url;
  after(async () => {
    await server.close();
    await targets.stop();
    await compute.close();
  });
  const folder = await temporaryFolder();
  const project = openTestProject(kernel, folder, { targets, compute, passes });
  await mkdir(join(folder, "src"), { recursive: true });
  await project.write(files);
  /** The same house after its server was stopped: another queue of work on the same state. */
  const reopen = () => {
    const jobs = createJobQueue({ db: kernel.db, clock: kernel.clock, retryDelayMs: 1 });
    after(() => jobs.stop({ graceMs: 0 }));
    const ledger = createLedger({ db: kernel.db, clock: kernel.clock });
    return { ...openTestProject({ ...kernel, jobs, ledger }, folder, { targets, compute, passes }), jobs };
  };
  return { ...kernel, ...project, targets, access, url, reopen };
}

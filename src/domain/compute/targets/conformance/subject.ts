import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";

import type { Blobs, TreeFile } from "#kernel/blobs";
import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";

import { createCompute } from "../../index.ts";
import type { ComputeTarget, WorkHandle, WorkOrder, WorkSpec, WorkStatus } from "../contract.ts";
import type { Launcher } from "../far/performer.ts";
import { createTargets } from "../module.ts";
import type { Targets } from "../module.ts";
import type { TargetSettings } from "../settings.ts";
import { migrations } from "../store.ts";

/** What a kind of target brings to the suite that all must pass. */
export interface TargetUnderTest {
  readonly name: string;
  /** None for the target of this machine. */
  readonly settings: readonly TargetSettings[];
  /** A stand-in for a cluster; the real one when absent. */
  launcher?(): Launcher;
  /** How many CPUs all work there can have at once. */
  readonly cpus: number;
  /** Whether work there goes on while this server is away. */
  readonly outlivesServer: boolean;
  /** As when a machine is taken away: the work is told, and has its grace time. */
  takeAway(handle: WorkHandle, open: OpenTarget): Promise<void>;
  /** As when a machine breaks: the work is gone without a word. */
  vanish(handle: WorkHandle, open: OpenTarget): Promise<void>;
}

/** A server with the target, on real files and a real database. */
export interface OpenTarget {
  readonly target: ComputeTarget;
  readonly targets: Targets;
  readonly db: Database;
  readonly blobs: Blobs;
  /** A folder that commands of all targets reach, because in these tests they run on this machine. */
  readonly shared: string;
  readonly url: string;
  submit(spec?: Partial<WorkSpec>, order?: Partial<WorkOrder>): Promise<WorkHandle>;
  finish(handle: WorkHandle): Promise<WorkStatus>;
  /** Waits until the work runs. */
  running(handle: WorkHandle): Promise<void>;
  run(spec?: Partial<WorkSpec>): Promise<WorkStatus & { readonly log: string; readonly handle: WorkHandle }>;
  log(handle: WorkHandle): Promise<string>;
  input(path: string, content: string | Buffer, executable?: boolean): Promise<TreeFile>;
  /** Another server on the same state, as after a crash of this one. */
  restart(): Promise<OpenTarget>;
  close(): Promise<void>;
}

const patienceMs = 120_000;

export async function openTarget(under: TargetUnderTest, folder: string): Promise<OpenTarget> {
  const db = openDatabase({ location: join(folder, "state.db") });
  await db.migrate(migrations);
  const blobs = createDiskBlobs({ folder: join(folder, "blobs") });
  let url = "";
  const targets = createTargets({
    db,
    blobs,
    clock: systemClock,
    settings: under.settings,
    compute: createCompute({ clock: systemClock, cacheFolder: join(folder, "cache") }),
    stateFolder: folder,
    serverUrl: () => url,
    ...(under.launcher === undefined ? {} : { launcherFor: under.launcher }),
    room: { cpus: under.cpus, memoryBytes: 8e9, gpus: 0 },
    everyMs: { look: 200, beat: 200, checkpoint: 300 },
  });
  const server = createServer({
    routes: targets.routes,
    authenticate: async () => ({ id: "usr_a", name: "Ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  url = (await server.listen()).url;
  const target = targets.find(under.settings[0]?.name ?? "local");

  const open: OpenTarget = {
    target,
    targets,
    db,
    blobs,
    url,
    shared: folder,
    submit: async (spec = {}, order = {}) =>
      await target.submit(
        { ...usualSpec, ...spec },
        { ...usualOrder, idempotencyKey: randomUUID(), ...order },
      ),
    async finish(handle) {
      const deadline = performance.now() + patienceMs;
      for (let known: WorkStatus | undefined; performance.now() < deadline;) {
        known = await target.poll(handle, { waitMs: 1_000, ...(known === undefined ? {} : { known }) });
        if (known.endedAtMs !== null) return known;
      }
      const status = await target.poll(handle);
      return assert.fail(`the work is still ${status.state}: ${status.reason} ${await open.log(handle)}`);
    },
    async running(handle) {
      const deadline = performance.now() + patienceMs;
      for (let known = await target.poll(handle); known.state !== "running";) {
        assert.equal(known.state, "queued", known.reason);
        assert.ok(performance.now() < deadline, known.reason);
        known = await target.poll(handle, { waitMs: 1_000, known });
      }
    },
    async run(spec) {
      const handle = await open.submit(spec);
      const status = await open.finish(handle);
      return { ...status, log: await open.log(handle), handle };
    },
    async log(handle) {
      let text = "";
      for (let cursor: string | undefined; ;) {
        const part = await target.logs(handle, cursor);
        text += part.text;
        if (part.text === "") return text;
        cursor = part.cursor;
      }
    },
    async input(path, content, executable = false) {
      const { digest, sizeBytes } = await blobs.put(Buffer.from(content));
      assert.equal(digest, digestOf(content));
      return { path, digest, sizeBytes, executable };
    },
    restart: async () => await openTarget(under, folder),
    async close() {
      await targets.stop();
      await server.close();
      await db.close();
    },
  };
  return open;
}

export const usualSpec: WorkSpec = {
  commands: ["true"],
  wdir: ".",
  variables: {},
  secretVariables: [],
  inputs: [],
  outs: [],
  resources: { cpus: 0.1, memoryBytes: 0, gpus: 0 },
  environment: null,
  image: null,
  timeoutMs: 60_000,
  maximumLogBytes: 20_000_000,
  isPreemptible: false,
  checkpoint: null,
};

const usualOrder: WorkOrder = {
  idempotencyKey: "key",
  owner: "exe_1",
  project: "p",
  label: "train",
  graceMs: 10_000,
};

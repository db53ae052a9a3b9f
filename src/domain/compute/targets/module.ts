import { join } from "node:path";

import type { BlobHolder, Blobs } from "#kernel/blobs";
import { dayMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Route } from "#kernel/http";
import { silentLog } from "#kernel/log";
import type { Log } from "#kernel/log";
import { createSecretBox } from "#kernel/secret-box";
import type { SecretBox } from "#kernel/secret-box";

import type { Compute } from "../index.ts";
import { problems } from "../problems.ts";
import { blobsInUse } from "./blobs-in-use.ts";
import { createWorkChanges } from "./changes.ts";
import type { ComputeTarget } from "./contract.ts";
import { readBootstrap } from "./far/bootstrap.ts";
import { createExchange } from "./far/exchange.ts";
import { createExchangeRoutes } from "./far/exchange-routes.ts";
import { createFarPerformer } from "./far/performer.ts";
import type { Launcher } from "./far/performer.ts";
import { createFarLauncher } from "./launchers.ts";
import { createLocalPerformer } from "./local/performer.ts";
import type { LocalOptions } from "./local/performer.ts";
import { createWorkLogs } from "./log-file.ts";
import { createRoutes } from "./routes.ts";
import { createRunner } from "./runner.ts";
import { createSealedVariables } from "./sealed-variables.ts";
import type { TargetSettings } from "./settings.ts";
import { deleteWork, listOpenWork, listWorkEndedBefore } from "./store.ts";
import { createTarget } from "./target.ts";

export interface TargetsParts extends LocalOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly log?: Log;
  readonly compute: Compute;
  /** Those beside `local`. */
  readonly settings: readonly TargetSettings[];
  /** Folders of work and its logs are kept below it. */
  readonly stateFolder: string;
  /** Seals what work sees; with a key in the state folder by default. */
  readonly secretBox?: SecretBox;
  /** Where this server is reached when a target's settings do not say. */
  serverUrl(): string;
  /** For tests: how the work of a target is started. */
  readonly launcherFor?: (settings: TargetSettings) => Launcher;
  /** For tests: how often work is looked at, and speaks. */
  readonly everyMs?: { readonly look?: number; readonly beat?: number; readonly checkpoint?: number };
}

/** The compute targets of this server. */
export interface Targets extends Pick<BlobHolder, "blobsInUse"> {
  /** Throws `target_unknown`, naming those there are. */
  find(name: string): ComputeTarget;
  all(): readonly ComputeTarget[];
  readonly routes: readonly Route[];
  /** Looks at all work now and then, so that its state is true also when nobody asks. */
  start(): void;
  /** Tells work on this machine to stop, and waits for its end; work elsewhere goes on. */
  stop(): Promise<void>;
}

const sweepEveryMs = 10_000;
const keptMs = 30 * dayMs;

/** Builds the compute targets. Apply `migrations` first. */
export function createTargets(parts: TargetsParts): Targets {
  const { db, clock, blobs, compute, everyMs } = parts;
  const log = parts.log ?? silentLog;
  const changes = createWorkChanges();
  const logs = createWorkLogs(join(parts.stateFolder, "logs", "compute"));
  const sealed = createSealedVariables(
    parts.secretBox ?? createSecretBox({ file: join(parts.stateFolder, "secret.key") }),
  );
  const exchange = createExchange({
    db,
    clock,
    blobs,
    changes,
    logs,
    sealed,
    ...(everyMs?.beat === undefined ? {} : { beatEveryMs: everyMs.beat }),
    ...(everyMs?.checkpoint === undefined ? {} : { checkpointEveryMs: everyMs.checkpoint }),
  });
  const bootstrap = readBootstrap();
  const launcherFor = parts.launcherFor ?? createFarLauncher;
  const runner = createRunner();
  const targetParts = {
    db,
    clock,
    log,
    changes,
    logs,
    runner,
    sealed,
    ...(everyMs?.look === undefined ? {} : { lookEveryMs: everyMs.look }),
  };
  const local = createLocalPerformer(
    {
      db,
      clock,
      log,
      blobs,
      changes,
      logs,
      runner,
      sealed,
      folder: join(parts.stateFolder, "compute"),
      runProcess: compute.runProcess,
      ensureEnvironment: compute.ensureEnvironment,
      endOrphan: compute.endOrphan,
      ...(everyMs?.checkpoint === undefined ? {} : { checkpointEveryMs: everyMs.checkpoint }),
    },
    parts.room === undefined ? {} : { room: parts.room },
  );
  const far = parts.settings.map((settings) => {
    const serverUrl = (): string => settings.server_url ?? parts.serverUrl();
    const performer = createFarPerformer({ exchange, bootstrap, serverUrl }, launcherFor(settings));
    return createTarget(targetParts, settings.name, performer);
  });
  const all = [createTarget(targetParts, "local", local), ...far];
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();

  async function sweep(): Promise<void> {
    for (const work of await listOpenWork(db)) {
      const target = all.find(({ name }) => name === work.target);
      await target?.poll({ target: target.name, work: work.id }).catch((error: unknown) => {
        log.warn("work at a compute target could not be looked at", { work: work.id, error });
      });
    }
    for (const id of await listWorkEndedBefore(db, clock.nowMs() - keptMs)) {
      await logs.remove(id);
      await deleteWork(db, id);
    }
  }

  return {
    find(name) {
      const found = all.find((target) => target.name === name);
      return found ?? targetUnknown(name, all);
    },
    all: () => all,
    blobsInUse: () => blobsInUse(db),
    routes: [...createRoutes(db, all), ...createExchangeRoutes(exchange, bootstrap)],
    start() {
      timer = setInterval(() => {
        sweeping = sweeping
          .then(sweep)
          .catch((error: unknown) => log.error("the look at all work failed", { error }));
      }, sweepEveryMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await sweeping;
      await local.close();
    },
  };
}

/** Throws `target_unknown`. */
export function targetUnknown(name: string, all: readonly ComputeTarget[] = []): never {
  const known = all.map((one) => one.name);
  throw new Problem(problems.target_unknown, {
    message: `There is no compute target "${name}"; this server has ${known.length === 0 ? "none" : known.join(", ")}.`,
    data: { target: name, known },
  });
}

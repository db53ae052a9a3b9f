import { availableParallelism, totalmem } from "node:os";

import type { Performer } from "../performer.ts";
import type { Resources } from "../resources.ts";
import { endWork, forgetDetails, updateOpenWork } from "../store.ts";
import type { Work } from "../store.ts";
import { createPlaces } from "./places.ts";
import { runWork } from "./run.ts";
import type { LocalParts } from "./parts.ts";

export interface LocalOptions {
  /** What of this machine work may use; all of it by default. */
  readonly room?: Resources;
}

export interface LocalPerformer extends Performer {
  /** Tells what runs to stop, as when a machine is taken away, and waits for its end. */
  close(): Promise<void>;
}

interface Running {
  readonly stop: AbortController;
  graceMs: number;
  readonly end: Promise<void>;
}

/** Work as processes of this machine, as children of this server. They end with it, whatever ends it. */
export function createLocalPerformer(parts: LocalParts, options: LocalOptions = {}): LocalPerformer {
  const room = options.room ?? { cpus: availableParallelism(), memoryBytes: totalmem(), gpus: 0 };
  const places = createPlaces(room);
  const running = new Map<string, Running>();

  async function perform(work: Work, self: { graceMs: number }, stop: AbortSignal): Promise<void> {
    const waiting = places.take(work.spec.resources, stop);
    const reason = places.reason(work.spec.resources);
    const first = await Promise.race([waiting, Promise.resolve("waits" as const)]);
    if (first === "waits" && (await updateOpenWork(parts.db, work.id, { reason })))
      parts.changes.announce(work.id);
    const giveBack = await waiting;
    try {
      await runWork(parts, work, { signal: stop, graceMs: () => self.graceMs });
    } finally {
      giveBack();
    }
  }

  return {
    kind: "local",
    images: null,
    serverUrl: () => undefined,
    async capabilities() {
      const version = `${process.platform} ${process.arch}`;
      return {
        kind: "local",
        version,
        largest: room,
        canGrow: false,
        canUseImages: false,
        platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
        interpreter: null,
        canPreempt: true,
      };
    },
    async launch(work) {
      const stop = new AbortController();
      const self = { graceMs: work.order.graceMs };
      const end = perform(work, self, stop.signal)
        .catch(async (error: unknown) => {
          const wasStopped = stop.signal.aborted;
          if (!wasStopped) parts.log.error("work on this machine failed", { work: work.id, error });
          const reason = wasStopped
            ? "It was told to stop before it began."
            : `It failed within the server: ${String(error)}`;
          const state = !wasStopped ? "lost" : stop.signal.reason === "cancel" ? "cancelled" : "preempted";
          const wasOpen = await endWork(
            parts.db,
            work.id,
            { state, reason },
            parts.clock.nowMs(),
            parts.runner.id,
          );
          if (wasOpen) await forgetDetails(parts.db, work);
        })
        .finally(() => {
          running.delete(work.id);
          parts.changes.announce(work.id);
        });
      running.set(work.id, {
        stop,
        end,
        get graceMs() {
          return self.graceMs;
        },
        set graceMs(graceMs) {
          self.graceMs = graceMs;
        },
      });
    },
    async inspect(work) {
      const here = running.get(work.id);
      if (here !== undefined) {
        // Cancelled at another server.
        if (work.stop !== null && !here.stop.signal.aborted) {
          here.graceMs = work.stop.graceMs;
          here.stop.abort("cancel");
        }
        return { phase: "running", reason: work.status.reason };
      }
      if (work.runner !== parts.runner.id && !parts.runner.isGone(work.runner))
        return { phase: "running", reason: "It runs at another server." };
      await updateOpenWork(parts.db, work.id, { runner: parts.runner.id });
      // Of a server that was killed: its processes may live on, and what they print goes nowhere.
      if (work.process !== null) await parts.endOrphan(work.process);
      return { phase: "absent", reason: "the server that ran it was stopped." };
    },
    requestStop(work, graceMs) {
      const found = running.get(work.id);
      if (found === undefined) return;
      found.graceMs = graceMs;
      found.stop.abort("cancel");
    },
    async stop(work) {
      const found = running.get(work.id);
      if (found !== undefined) {
        found.graceMs = 0;
        found.stop.abort("cancel");
        await found.end;
      } else if (work.process !== null) await parts.endOrphan(work.process);
    },
    remove: async () => {},
    async close() {
      const all = [...running.values()];
      for (const one of all) one.stop.abort("drain");
      await Promise.all(all.map((one) => one.end));
    },
  };
}

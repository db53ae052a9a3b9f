import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

import type { Capabilities, ComputeTarget } from "../contract.ts";
import type { Resources } from "../resources.ts";
import type { Launcher, Start } from "./performer.ts";

interface Started {
  readonly start: Start;
  child: ChildProcess | undefined;
  hasEnded: boolean;
}

type Place = Pick<Capabilities, "platform" | "interpreter">;

/**
 * The smallest cluster there could be: it starts our program as a process of this machine, when there is
 * room. For tests of all that clusters have in common, in a fraction of a real one's time.
 */
export function createTestLauncher(
  cpus: number,
  told: { readonly images?: ComputeTarget["images"]; readonly place?: () => Place } = {},
): Launcher & { close(): void } {
  const works = new Map<string, Started>();
  const largest: Resources = { cpus, memoryBytes: 8e9, gpus: 0 };

  const used = (): number =>
    [...works.values()].reduce(
      (sum, { child, hasEnded, start }) =>
        sum + (child === undefined || hasEnded ? 0 : start.work.spec.resources.cpus),
      0,
    );
  const admit = (): void => {
    for (const one of works.values()) {
      if (one.child !== undefined || one.hasEnded) continue;
      if (used() + one.start.work.spec.resources.cpus > cpus) return;
      const [program = "", ...words] = one.start.command;
      const child = spawn(program, words, {
        detached: true,
        stdio: "ignore",
        env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...one.start.variables },
      });
      one.child = child;
      child.once("exit", () => {
        one.hasEnded = true;
        admit();
      });
    }
  };
  const { images = null, place = () => ({ platform: "linux/amd64", interpreter: "3.11.0" }) } = told;
  return {
    kind: images === null ? "ray" : "kubernetes",
    images,
    capabilities: async () => ({
      kind: "ray",
      version: "a stand-in",
      largest,
      canGrow: false,
      canUseImages: images !== null,
      ...place(),
      canPreempt: true,
    }),
    async launch(start) {
      works.set(start.work.id, { start, child: undefined, hasEnded: false });
      admit();
    },
    async inspect({ id }) {
      const one = works.get(id);
      if (one === undefined) return { phase: "absent", reason: "nobody knows it." };
      if (one.hasEnded) return { phase: "ended", reason: "its process ended without a report." };
      return one.child === undefined
        ? { phase: "waiting", reason: "It waits for room." }
        : { phase: "running", reason: "It was started." };
    },
    async stop({ id }) {
      const one = works.get(id);
      if (one === undefined) return;
      one.hasEnded ||= one.child === undefined;
      if (!one.hasEnded) one.child?.kill("SIGKILL");
    },
    remove: async () => {},
    close() {
      for (const { child, hasEnded } of works.values()) if (!hasEnded) child?.kill("SIGKILL");
    },
  };
}

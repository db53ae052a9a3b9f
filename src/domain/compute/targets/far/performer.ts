import type { Capabilities, ComputeTarget, TargetKind } from "../contract.ts";
import type { Inspection, Performer } from "../performer.ts";
import type { Work } from "../store.ts";
import { startOf } from "./bootstrap.ts";
import type { Bootstrap } from "./bootstrap.ts";
import type { Exchange } from "./exchange.ts";

/** How a cluster starts, shows and ends a process of ours: the few calls that differ between clusters. */
export interface Launcher {
  readonly kind: Exclude<TargetKind, "local">;
  readonly images: ComputeTarget["images"];
  capabilities(): Promise<Capabilities>;
  launch(start: Start): Promise<void>;
  inspect(work: Work): Promise<Inspection>;
  stop(work: Work): Promise<void>;
  remove(work: Work): Promise<void>;
}

export interface Start {
  readonly work: Work;
  readonly command: readonly string[];
  /** `GYRE_WORK_TOKEN` among them, which is a secret. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface FarParts {
  readonly exchange: Exchange;
  readonly bootstrap: Bootstrap;
  /** Where machines of the cluster reach this server. */
  serverUrl(): string;
}

/** Work on a cluster: the launcher starts our program there, which does the rest through the exchange. */
export function createFarPerformer(parts: FarParts, launcher: Launcher): Performer {
  return {
    kind: launcher.kind,
    images: launcher.images,
    serverUrl: () => parts.serverUrl(),
    capabilities: async () => await launcher.capabilities(),
    async launch(work) {
      const token = await parts.exchange.admit(work.id);
      const start = startOf(parts.bootstrap, { id: work.id, token, serverUrl: parts.serverUrl() });
      await launcher.launch({ work, ...start });
    },
    inspect: async (work) => await launcher.inspect(work),
    stop: async (work) => await launcher.stop(work),
    remove: async (work) => await launcher.remove(work),
  };
}

/** The name of a piece of work on its cluster: letters, digits and dashes, as Kubernetes wants it. */
export function farName(work: Pick<Work, "id">): string {
  return `gyre-${work.id.replaceAll("_", "-")}`;
}

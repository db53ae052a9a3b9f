import type { Capabilities, ComputeTarget, TargetKind } from "./contract.ts";
import type { Work } from "./store.ts";

/**
 * What is particular to a kind of target: how work gets there, and how it is looked at and stopped from
 * outside. `createTarget` makes the contract from it. The name of the work there is made from its id.
 */
export interface Performer {
  readonly kind: TargetKind;
  readonly images: ComputeTarget["images"];
  serverUrl(): string | undefined;
  /** Throws `target_unavailable`, as every other may. */
  capabilities(): Promise<Capabilities>;
  /** Begins the work, or puts it in line there. Never called twice for work that is there. */
  launch(work: Work): Promise<void>;
  inspect(work: Work): Promise<Inspection>;
  /** Passes on that the work is to stop. Absent where the work asks by itself, with each beat. */
  requestStop?(work: Work, graceMs: number): void;
  /** Ends what is there, without further grace; nothing when it is not there. */
  stop(work: Work): Promise<void>;
  /** Removes what is left there of work that has ended. */
  remove(work: Work): Promise<void>;
}

/** What the target says of a piece of work. */
export interface Inspection {
  readonly phase: "absent" | "waiting" | "running" | "ended";
  /** One sentence, the target's own words where it gives a reason. */
  readonly reason: string;
  /** Whether its machine was taken away, which is no failure. */
  readonly wasTakenAway?: boolean;
}

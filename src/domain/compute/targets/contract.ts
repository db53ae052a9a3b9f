import type { TreeFile } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";

import type { Resources } from "./resources.ts";

/**
 * A place that runs commands: this machine, a Ray cluster, Kubernetes. Few verbs, each safe to repeat, and
 * the same behaviour everywhere, which `conformance/` holds every target to.
 *
 * A piece of work: queued → running → succeeded | failed | cancelled | preempted | lost, and from queued to
 * each of the last five too. An end never changes again.
 */
export interface ComputeTarget {
  readonly name: string;
  readonly kind: TargetKind;
  /** The image of work that names none; null where no images are run. Known without asking the target. */
  readonly images: { readonly default: string } | null;
  /** Where work reaches this server; undefined where it is on the server's own machine. */
  serverUrl(): string | undefined;
  /** Asks the target itself. Throws `target_unavailable`. */
  capabilities(): Promise<Capabilities>;
  /**
   * What of the place decides what a command comes to: as the target tells, or told last when it does not
   * answer. Throws `image_unsupported`, and `target_unavailable` when it has never told.
   */
  surroundings(image: string | null): Promise<Surroundings>;
  /**
   * Hands the work over. The same key gives the same handle, and the work once, also after a crash in the
   * middle. Throws `resources_unavailable` for what could never run there, and `target_unavailable`.
   */
  submit(spec: WorkSpec, order: WorkOrder): Promise<WorkHandle>;
  /**
   * How the work stands: at once when it has ended or differs from `known`, else after a change or
   * `waitMs`, whatever comes first. A target that does not answer is no end: the reason then says so.
   */
  poll(handle: WorkHandle, wait?: PollWait): Promise<WorkStatus>;
  /** What was printed since the cursor; without one from the beginning. */
  logs(handle: WorkHandle, cursor?: string): Promise<LogPart>;
  /** SIGTERM to all processes of the work, SIGKILL to those still there after the grace time. */
  cancel(handle: WorkHandle, graceMs: number): Promise<void>;
  /** The work of that key, also when it has ended; undefined when none was ever handed over. */
  find(idempotencyKey: string): Promise<WorkHandle | undefined>;
  /** What of this owner has not ended: to be adopted (polled on) or cancelled by who begins anew. */
  list(owner: string): Promise<readonly ListedWork[]>;
}

export type TargetKind = "local" | "ray" | "kubernetes";

/** What is to be run. Everything in it is content or text: nothing refers to a place on the sender's disk. */
export interface WorkSpec {
  /** Each is run by a shell of its own, one after the other, and announced in the log; the first that fails ends the work. */
  readonly commands: readonly string[];
  /** The folder they run in, from the work's root; `.` is the root. */
  readonly wdir: string;
  /** What the commands see beside PATH, HOME, LANG and TZ. */
  readonly variables: Readonly<Record<string, string>>;
  /** The names of those whose values no log shows. */
  readonly secretVariables: readonly string[];
  /** The files the root holds when the first command begins. */
  readonly inputs: readonly TreeFile[];
  /** Files and folders to be brought back, from the root. Those that are not there are left out of the result. */
  readonly outs: readonly string[];
  readonly resources: Resources;
  readonly environment: WorkEnvironment | null;
  /** A container image; null for what the target runs by itself. */
  readonly image: string | null;
  /** From the start of the first command. */
  readonly timeoutMs: number;
  readonly maximumLogBytes: number;
  /** Whether it may be put where machines are taken away, for less money. */
  readonly isPreemptible: boolean;
  readonly checkpoint: Checkpoint | null;
}

/** A Python environment that the target makes where the work runs. */
export interface WorkEnvironment {
  readonly requirementsText: string;
  readonly pythonVersion: string;
}

/** A folder in which the commands keep what they need to go on later. */
export interface Checkpoint {
  /** From the work's root. */
  readonly path: string;
  /** Of the tree that an earlier attempt left; null for the first. */
  readonly restore: Digest | null;
}

export interface WorkOrder {
  /** The same key, the same work: such as a step's id and the number of its attempt. */
  readonly idempotencyKey: string;
  /** Whose work it is: such as an execution's id. */
  readonly owner: string;
  readonly project: string;
  /** For people: the name of the stage. */
  readonly label: string;
  /** How long it has to end when its machine is taken away, before it is killed. */
  readonly graceMs: number;
}

/** Plain JSON: it can be stored, and used by another process. */
export interface WorkHandle {
  readonly target: string;
  readonly work: string;
}

export const workStates = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "preempted",
  "lost",
] as const;
export type WorkState = (typeof workStates)[number];

/** Why work failed, where the exit code of a command is not the whole story. */
export interface WorkFailure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly lastLines?: readonly string[];
}

export interface WorkStatus {
  readonly state: WorkState;
  /** One sentence: what it waits for, or how it ended. */
  readonly reason: string;
  /** Of the command that ended last. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What ended it early; null when its commands came to their own end. */
  readonly endedEarly: "timeout" | "log_limit" | null;
  /** Which of the commands ended last, from 0. */
  readonly command: number | null;
  readonly failure: WorkFailure | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Of work that succeeded: the outs that were there. */
  readonly outs: readonly WorkOut[];
  /** The tree that the checkpoint folder held when it was last looked at. */
  readonly checkpoint: Digest | null;
}

/** A file, or the listing of a folder, as `putTree` stores it. */
export interface WorkOut {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
}

export interface PollWait {
  readonly waitMs?: number;
  /** The status the caller has: anything else is news. */
  readonly known?: Pick<WorkStatus, "state" | "reason">;
  readonly signal?: AbortSignal;
}

export interface LogPart {
  readonly text: string;
  /** Where to read on. */
  readonly cursor: string;
  /** True when nothing more will come. */
  readonly isComplete: boolean;
}

export interface ListedWork {
  readonly handle: WorkHandle;
  readonly idempotencyKey: string;
  readonly status: WorkStatus;
}

/** What a target has, as it says itself. */
export interface Capabilities {
  readonly kind: TargetKind;
  /** Such as `Ray 2.52.1`. */
  readonly version: string;
  /** The most that one piece of work can get; undefined where the target does not tell. */
  readonly largest: Resources | undefined;
  /** Whether it makes machines when there are too few, so that nothing can be said to never fit. */
  readonly canGrow: boolean;
  readonly canUseImages: boolean;
  /** Of its machines, such as `linux/amd64`; null where it does not tell. */
  readonly platform: string | null;
  /** The version of the Python that work finds there; null where it does not tell, or the image decides. */
  readonly interpreter: string | null;
  readonly canPreempt: boolean;
}

/** Of a place where work runs, all that may make the same command come to something else. */
export interface Surroundings {
  /** The digest of the image where one is given, else its name; absent where work runs in none. */
  readonly image?: string;
  readonly platform?: string;
  readonly interpreter?: string;
}

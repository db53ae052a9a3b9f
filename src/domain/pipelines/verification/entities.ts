/** What came of running one cached step again, aside. */
export interface StepVerification {
  /**
   * `not_cached`: there is no result to compare with; `failed`: it did not end well this time;
   * `elsewhere`: it runs on another machine, on which nothing is run aside.
   */
  readonly verdict: "reproducible" | "differs" | "failed" | "not_cached" | "elsewhere";
  /** The outs that came out otherwise, with what they held and hold. */
  readonly differing: readonly {
    readonly path: string;
    readonly kept: string;
    readonly found: string | null;
  }[];
  readonly message: string | null;
}

/** A stage of a verification: waiting → running → done, and back to waiting when its server died. */
export interface VerifiedStage extends Omit<StepVerification, "verdict"> {
  readonly position: number;
  readonly stage: string;
  readonly state: "waiting" | "running" | "done";
  /** Null while it is not done. */
  readonly verdict: StepVerification["verdict"] | null;
  /** The execution whose step made the result it is compared with; null when there is none or it was not looked up yet. */
  readonly execution: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/**
 * Cached steps of a project that are run again, aside: running → finished | failed | cancelled. It is of the
 * code and the data of its beginning, whatever happens to the folder meanwhile, and survives its server.
 */
export interface Verification {
  readonly id: string;
  readonly project: string;
  readonly targets: readonly string[];
  readonly state: "running" | "finished" | "failed" | "cancelled";
  /** Why it failed as a whole: what its stages came to is said by them. */
  readonly failure: string | null;
  readonly actor: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Those that were chosen, in the order in which they are run. */
  readonly stages: readonly VerifiedStage[];
}

/** One of many verifications: how many of its stages came to what, without naming them. */
export interface VerificationSummary extends Omit<Verification, "stages"> {
  /** By verdict, and by state where there is none yet. */
  readonly counts: Readonly<Record<string, number>>;
  /** The one stage that was asked for. */
  readonly stage: VerifiedStage | null;
}

export interface NewVerification {
  readonly project: string;
  /** As in an order to execute; all stages when empty. */
  readonly targets: readonly string[];
  /** The targets themselves and not what they depend on. */
  readonly alone?: boolean | undefined;
  /** So many of them, chosen by chance; all when absent. */
  readonly sample?: number | undefined;
  /** Decides the chance: the same seed, the same stages. */
  readonly seed?: number | undefined;
  readonly actor: string;
}

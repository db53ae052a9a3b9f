import type { HoldoutEvidence, Release } from "./index.ts";

export interface RequestRelease {
  readonly project: string;
  readonly modelVersionId: string;
  readonly environment: string;
  readonly actor: string;
  /** Why now, in words. */
  readonly reason?: string;
  /** Lets a release go on although a gate fails: named, logged, and shown for good. */
  readonly exception?: string;
}

export interface DeliveryCommands {
  /**
   * Opens a release. Its approvals and steps come from the charter of this moment, its gates from the one
   * it is judged by. Throws `release_under_way`, `version_not_ready`, `environment_unknown`.
   */
  requestRelease(order: RequestRelease): Promise<Release>;
  /**
   * Judges the gates on what the staging deployment measured. A release judged already stays as it is.
   * Throws `holdout_unusable`, `nothing_to_decide`.
   */
  recordEvidence(order: { readonly releaseId: string; readonly evidence: HoldoutEvidence }): Promise<Release>;
  /**
   * The last approval needed starts the rollout, or puts it behind the one on its way. A second approval
   * by the same person changes nothing. Throws `approval_by_author`, `release_not_waiting`.
   */
  approveRelease(order: {
    readonly releaseId: string;
    readonly actor: string;
    readonly note?: string;
  }): Promise<Release>;
  declineRelease(order: {
    readonly releaseId: string;
    readonly actor: string;
    readonly reason: string;
  }): Promise<Release>;
  /**
   * Ends the release that is rolling out, or else the live one, which makes the one it replaced live
   * again. Throws `nothing_to_roll_back`.
   */
  rollBack(order: {
    readonly project: string;
    readonly environment: string;
    readonly actor: string;
    readonly reason: string;
    /** Only this release: a late alarm must not hit its successor. */
    readonly releaseId?: string;
  }): Promise<Release>;
}

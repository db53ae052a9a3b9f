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
  /** Opens a release; its gates come from the charter of this moment. Throws `release_under_way`, `version_not_ready`. */
  requestRelease(order: RequestRelease): Promise<Release>;
  /** Judges the gates on what the staging deployment measured. A release judged already stays as it is. */
  recordEvidence(order: { readonly releaseId: string; readonly evidence: HoldoutEvidence }): Promise<Release>;
  /** Throws `approval_by_author`, `release_not_waiting`. A second approval by the same person counts once. */
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
    /** Only when it is this release that would end: a late alarm must not hit its successor. */
    readonly releaseId?: string;
  }): Promise<Release>;
}

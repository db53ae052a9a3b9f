import type { EventKind, Ledger, LedgerEvent } from "#kernel/events";

import type { Incident } from "./entities.ts";
import type { Evaluation } from "./evaluation.ts";

export interface TimelineParts {
  readonly ledger: Ledger;
  readonly evaluation: Pick<Evaluation, "addEntry">;
  openIncidents(project: string): Promise<readonly Incident[]>;
}

/**
 * Writes what is done about an incident into its timeline while it is open: the retraining, the candidate,
 * its release. A handler may come twice: an entry names its line of the ledger and is added once.
 */
export function followWork({ ledger, evaluation, openIncidents }: TimelineParts): void {
  follow("execution.started", ({ data: { purpose } }) =>
    purpose.kind === "retrain" ? `The pipeline started: ${purpose.reason}` : null,
  );
  follow("execution.finished", ({ data: { purpose, state } }) =>
    purpose.kind === "retrain" ? `The pipeline ended: ${state}` : null,
  );
  follow("model_version.registered", ({ data: { number } }) => `Version ${number} was registered`);
  follow(
    "release.requested",
    ({ data: { number, reason } }) => `The release of version ${number} was asked for: ${reason}`,
  );
  follow("release.judged", ({ data: { verdict, failed } }) =>
    verdict === "passed"
      ? "The candidate passed its gates"
      : `The candidate failed its gates: ${failed.join(", ")}`,
  );
  follow("release.approved", () => "The release was approved");
  follow("release.declined", ({ data: { reason } }) => `The release was declined: ${reason}`);
  follow("rollout.step_started", ({ data: { step, share } }) => {
    if (step === "all") return null;
    return step === "shadow"
      ? "The candidate listens as a shadow"
      : `The candidate answers ${percent(share)} as a canary`;
  });
  follow("release.live", ({ data: { number } }) => `Version ${number} is live`);
  follow("release.rolled_back", ({ data: { reason } }) => `The release was rolled back: ${reason}`);

  function follow<Kind extends EventKind>(
    kind: Kind,
    tell: (event: LedgerEvent<Kind>) => string | null,
  ): void {
    ledger.on(`incident-timeline:${kind}`, [kind], async (event) => {
      const text = tell(event);
      if (text === null || event.project === null) return;
      for (const incident of await openIncidents(event.project)) {
        if (!concerns(incident, event)) continue;
        const { atMs, seq, project, subject } = event;
        await evaluation.addEntry(
          incident.id,
          { atMs, text, seq, link: linkTo(project, subject) },
          incident.releaseId,
        );
      }
    });
  }
}

/** A rollout that went wrong is about one release; a fall in quality about whatever is done for the line. */
function concerns(incident: Incident, event: { readonly atMs: number; readonly subject: string }): boolean {
  if (incident.kind === "guardrail") return event.subject === incident.releaseId;
  return incident.kind === "performance" && event.atMs >= incident.openedAtMs;
}

export function linkTo(project: string, subject: string): string | null {
  if (subject.startsWith("exe_")) return `/projects/${project}/executions/${subject}`;
  return subject.startsWith("rel_") ? `/projects/${project}/releases/${subject}` : null;
}

function percent(share: number | null): string {
  return share === null ? "a part" : `${Math.round(share * 100)}%`;
}

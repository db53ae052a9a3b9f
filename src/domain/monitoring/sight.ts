import type { Database } from "#kernel/db";

import type { Incident } from "./entities.ts";
import type { WatchedRelease } from "./ports.ts";
import { readWindows } from "./store.ts";
import type { WindowFilter } from "./store.ts";
import { addWindows } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

/**
 * The releases that a reader may be told of, by id; where it is absent, all of them. Answers within a sight are those
 * that a reader would have got had the other releases never been.
 */
export type Sight = ReadonlySet<string>;

/**
 * Windows of the line, whatever release answered. The kept ones count every release, so within a sight they are
 * added up anew; where two of its releases answered in one window, the window has no latency.
 */
export async function readLine(
  db: Database,
  filter: Pick<WindowFilter, "segment" | "fromMs" | "toMs"> & { readonly project: string },
  sight: Sight | undefined,
): Promise<WindowCounts[]> {
  if (sight === undefined) return await readWindows(db, { ...filter, releaseId: "", role: "answered" });
  const windows = await readWindows(db, { ...filter, role: "answered" });
  const seen = windows.filter(({ releaseId }) => sight.has(releaseId));
  const same = Map.groupBy(seen, ({ startMs, segment }) => JSON.stringify([startMs, segment]));
  return [...same.values()].map((parts) => ({
    ...(parts.length === 1 ? (parts[0] ?? addWindows(parts)) : addWindows(parts)),
    releaseId: "",
    modelVersionId: "",
  }));
}

type AnyRelease = Pick<WatchedRelease, "id" | "environment" | "liveAtMs">;

/** The releases that an incident tells of: its own, and for a rollout the one that the candidate stood beside. */
export function releasesOf(
  incident: Pick<Incident, "kind" | "releaseId" | "environment" | "onsetMs">,
  releases: readonly AnyRelease[],
): string[] {
  const { kind, releaseId, environment, onsetMs } = incident;
  const beside =
    kind === "guardrail" ? liveAt({ releaseId, environment, atMs: onsetMs }, releases) : undefined;
  return beside === undefined ? [releaseId] : [releaseId, beside.id];
}

/** The release that answered at a time, beside another one. */
export function liveAt<One extends AnyRelease>(
  { releaseId, environment, atMs }: { releaseId: string; environment: string; atMs: number },
  releases: readonly One[],
): One | undefined {
  return releases
    .filter((one) => one.id !== releaseId && one.environment === environment)
    .filter(({ liveAtMs }) => (liveAtMs ?? Infinity) <= atMs)
    .toSorted((a, b) => (b.liveAtMs ?? 0) - (a.liveAtMs ?? 0))[0];
}

/** The incidents of which every release may be told, without what their timelines say of other releases. */
export function incidentsWithin(
  incidents: readonly Incident[],
  releases: readonly AnyRelease[],
  sight: Sight | undefined,
): readonly Incident[] {
  if (sight === undefined) return incidents;
  return incidents
    .filter((incident) => releasesOf(incident, releases).every((id) => sight.has(id)))
    .map((incident) => incidentWithin(incident, sight));
}

/**
 * What followed an incident is written into its timeline, whatever release it was about. An entry that came from the
 * ledger names its release or execution by its link; without one it is about a version that anybody registered. That
 * quality has recovered is measured on the release after it, so the figures go.
 */
export function incidentWithin(incident: Incident, sight: Sight | undefined): Incident {
  if (sight === undefined) return incident;
  const { resolution, timeline } = incident;
  const isMeasured = resolution?.verdict === "recovered" && incident.kind === "performance";
  return {
    ...incident,
    resolution: isMeasured ? { ...resolution, note: "" } : resolution,
    timeline: timeline.flatMap((entry) => {
      if (isMeasured && entry.text === `Resolved: ${resolution.note}`)
        return [{ ...entry, text: "Resolved" }];
      if (entry.seq === null) return [entry];
      const release = /\/releases\/(rel_\w+)$/.exec(entry.link ?? "")?.[1];
      const isSeen = release === undefined ? entry.link !== null : sight.has(release);
      return isSeen ? [entry] : [];
    }),
  };
}

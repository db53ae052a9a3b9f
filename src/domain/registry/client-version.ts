import type { VersionFile } from "./index.ts";
import type { NewVersion } from "./keeping.ts";
import { manifestDigest } from "./register.ts";
import { withoutOrigin } from "./registering.ts";

/**
 * What a version is that a client brought, now or to another registry earlier: files that were neither
 * converted nor judged here.
 */
export function clientVersion({
  files,
  runId,
  reason,
}: {
  readonly files: readonly VersionFile[];
  readonly runId: string | null;
  /** How it came, for its lineage. */
  readonly reason: string;
}): Omit<NewVersion, "project" | "model" | "actor"> {
  return {
    kind: "python",
    state: "ready",
    rejection: null,
    files,
    digest: manifestDigest(files),
    signature: { inputs: [], labels: [] },
    runnableDigest: null,
    parity: null,
    holdoutDigest: null,
    origin: { ...withoutOrigin, runId, purpose: { kind: "client", reason } },
    metrics: {},
  };
}

import { openRemote } from "../remotes/remote.ts";
import { isDataSource } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { isInCache } from "../verbs/changes.ts";
import { checkoutOut } from "../verbs/checkout-out.ts";
import { fetchChosen } from "../verbs/fetch.ts";
import { fetchRuns } from "../verbs/run-cache-transfer.ts";

/** For `repro --pull`: the runs the default remote remembers; that they cannot be had is told, no more. */
export async function pullRuns(session: Session): Promise<void> {
  try {
    const remote = await openRemote(session.repository, undefined, undefined);
    try {
      await fetchRuns(session, remote);
    } finally {
      await remote.close();
    }
  } catch (error) {
    session.voice.warn(`Failed to pull run cache: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Brings what a stage made last, where the cache has lost it, and puts it where it is missing. */
export async function pullStage(session: Session, stage: TrackedStage): Promise<void> {
  const lost = stage.outs.filter(
    (out) => out.isCached && out.digest !== undefined && !isInCache(session, out),
  );
  if (lost.length > 0) {
    try {
      await fetchChosen(session, [{ stage, within: undefined }], {});
    } catch (error) {
      session.voice.warn(`Unable to pull data: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const out of stage.outs) {
    const isMissing =
      out.isCached && out.digest !== undefined && (await session.look(out.path)) === undefined;
    // Data that a stage reads must lie there; what a stage makes is not checked out over a change.
    if (isMissing && isInCache(session, out) && (isDataSource(stage) || lost.length > 0))
      await checkoutOut(session, out);
  }
}

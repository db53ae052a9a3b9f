import type { HeldBlob } from "#kernel/blobs";
import type { Ledger } from "#kernel/events";
import { inPages } from "#kernel/search";

/**
 * The evidence that candidates were measured with. It is named by events alone, and an event may be delivered
 * again at any time later, by a person who retries what had failed.
 */
export async function* blobsInUse(ledger: Pick<Ledger, "list">): AsyncIterable<HeldBlob> {
  const measured = inPages<{ seq: number; digest: string }>(async (last) => {
    const events = await ledger.list({ kinds: ["candidate.measured"], after: last?.seq ?? 0 });
    return events.flatMap((event) =>
      event.kind === "candidate.measured" ? [{ seq: event.seq, digest: event.data.evidenceDigest }] : [],
    );
  });
  for await (const { digest } of measured) yield { digest, isTree: false };
}

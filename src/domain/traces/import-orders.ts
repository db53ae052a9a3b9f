import { costKeys, measuresIn, tokenKeys, understand } from "./conventions.ts";
import { metadataKeys, spansAreHere, tagKeys } from "./entities.ts";
import type { ImportedTrace, TraceImports } from "./import-commands.ts";
import { traceElsewhere } from "./lookups.ts";
import { artifactLocation } from "./span-orders.ts";
import type { OrderParts } from "./span-orders.ts";
import { saveAssessment, traceOfAssessment } from "./store/assessments.ts";
import { linkPrompts, linkRun, takeLinks } from "./store/links.ts";
import { countSpans, readSpanIds, saveSpans } from "./store/spans.ts";
import { ensureTrace, lockTrace, saveMeasures, savePairs } from "./store/traces.ts";
import type { StoredTrace } from "./store/traces.ts";
import { checkTraceId, keepPairs, keepPreview, keepSpan } from "./validation.ts";

/**
 * Takes over what another server recorded. An experiment that was deleted takes its traces too, and a trace
 * that is here already is left as it is, but for spans that had not come yet.
 */
export function createTraceImports({ db, ledger, lookups }: OrderParts): TraceImports {
  async function insert(
    trace: ImportedTrace,
    into: { readonly experiment: number; readonly root: string },
  ): Promise<boolean> {
    const traceId = checkTraceId(trace.id);
    const { isNew } = await ensureTrace(db, {
      trace_id: traceId,
      experiment: into.experiment,
      state: trace.state,
      started_at_ms: trace.startedAtMs,
      duration_ms: trace.durationMs,
      client_request_id: trace.clientRequestId,
      request_preview: keepPreview(trace.requestPreview),
      response_preview: keepPreview(trace.responsePreview),
    });
    const stored = await lockTrace(db, traceId);
    if (stored === undefined) throw new Error(`the trace ${traceId} vanished`);
    if (stored.experiment !== into.experiment) throw traceElsewhere(traceId);
    if (isNew) await fill(stored, trace, into.root);
    return isNew;
  }

  async function fill(stored: StoredTrace, trace: ImportedTrace, root: string): Promise<void> {
    const metadata = keepPairs(trace.metadata);
    await savePairs(db, "trace_tags", stored.id, {
      ...keepPairs(trace.tags),
      [tagKeys.artifactLocation]: trace.artifactLocation ?? artifactLocation(root, trace.id),
    });
    await savePairs(db, "trace_metadata", stored.id, metadata);
    await saveMeasures(db, stored.id, [
      ...measuresIn(metadata[metadataKeys.tokenUsage], tokenKeys),
      ...measuresIn(metadata[metadataKeys.cost], costKeys),
    ]);
    for (const assessment of trace.assessments) {
      // Ids are random: one that is another trace's already was not made by a client.
      if ((await traceOfAssessment(db, assessment.id)) !== undefined) continue;
      await saveAssessment(db, stored.id, { ...assessment, traceId: trace.id });
    }
    await takeLinks(db, stored);
    for (const runId of trace.runIds) await linkRun(db, [stored.id], runId);
    await linkPrompts(db, stored.id, trace.prompts);
  }

  return {
    async importTraces({ source, experimentId, traces, actor }) {
      const experiment = await lookups.experiment(experimentId);
      const into = { experiment: Number(experiment.id), root: experiment.artifactLocation };
      return await db.transaction(async () => {
        const added = new Set<string>();
        // In one order, as spans are logged: two transactions never wait for each other in a circle.
        for (const trace of traces.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
          if (await insert(trace, into)) added.add(trace.id);
        }
        if (added.size > 0) {
          await ledger.append({
            kind: "traces.imported",
            subject: experiment.id,
            project: experiment.project,
            actor,
            data: { source, traces: added.size, first: [...added][0] ?? "" },
          });
        }
        const ids = traces.map((trace) => trace.id);
        const spans = await countSpans(db, ids);
        return ids.map((id) => ({ id, isNew: added.has(id), spans: spans.get(id) ?? 0 }));
      });
    },
    async importSpans({ spans }) {
      const ofTraces = Map.groupBy(spans, (one) => one.traceId);
      await db.transaction(async () => {
        for (const traceId of [...ofTraces.keys()].toSorted()) {
          const trace = (await lockTrace(db, traceId)) ?? (await lookups.trace(traceId));
          const known = await readSpanIds(db, trace.id);
          const missing = (ofTraces.get(traceId) ?? []).filter(({ span }) => !known.has(span.id));
          await saveSpans(
            db,
            trace.id,
            missing.map(({ span }) => understand(keepSpan(span))),
          );
          await savePairs(db, "trace_tags", trace.id, { [tagKeys.spansLocation]: spansAreHere });
        }
      });
    },
  };
}

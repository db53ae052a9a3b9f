import { randomUUID } from "node:crypto";

import { Problem } from "#kernel/errors";

import { createAssessmentKeeper } from "./assessment-orders.ts";
import type { NewTraceInfo, TracesCommands } from "./commands.ts";
import { costKeys, measuresIn, tokenKeys } from "./conventions.ts";
import { metadataKeys, tagKeys } from "./entities.ts";
import type { TraceInfo } from "./entities.ts";
import { traceElsewhere } from "./lookups.ts";
import { problems } from "./problems.ts";
import { artifactLocation } from "./span-orders.ts";
import type { OrderParts } from "./span-orders.ts";
import { takeLinks } from "./store/links.ts";
import {
  completeTraces,
  deleteTag,
  deleteTraces,
  ensureTrace,
  lockTrace,
  saveMeasures,
  savePairs,
  updateTrace,
} from "./store/traces.ts";
import { checkTag, checkTraceId, invalid, keepPairs, keepPreview } from "./validation.ts";

export type TraceOrders = Pick<
  TracesCommands,
  "recordTrace" | "startTrace" | "endTrace" | "deleteTraces" | "setTag" | "deleteTag"
>;

export function createTraceOrders(parts: OrderParts & { nowMs(): number }): TraceOrders {
  const { db, ledger, lookups } = parts;
  const keepAssessment = createAssessmentKeeper(parts);

  const record = async (given: NewTraceInfo, actor: string, isFinal: boolean): Promise<TraceInfo> => {
    const traceId = checkTraceId(given.id);
    const experiment = await lookups.activeExperiment(given.experimentId);
    const values = {
      state: given.state,
      started_at_ms: given.startedAtMs,
      duration_ms: given.durationMs,
      client_request_id: given.clientRequestId,
      request_preview: keepPreview(given.requestPreview),
      response_preview: keepPreview(given.responsePreview),
    };
    const metadata = keepPairs(given.metadata);
    return await db.transaction(async () => {
      const { isNew } = await ensureTrace(db, {
        trace_id: traceId,
        experiment: Number(given.experimentId),
        ...values,
      });
      const trace = await lockTrace(db, traceId);
      if (trace === undefined) throw new Error(`the trace ${traceId} vanished`);
      if (trace.experiment !== Number(given.experimentId)) throw traceElsewhere(traceId);
      if (isNew) await takeLinks(db, trace);
      await updateTrace(db, trace.id, {
        ...values,
        request_preview: values.request_preview ?? trace.request_preview,
        response_preview: values.response_preview ?? trace.response_preview,
      });
      await savePairs(db, "trace_tags", trace.id, {
        ...keepPairs(given.tags),
        [tagKeys.artifactLocation]: artifactLocation(experiment.artifactLocation, traceId),
      });
      await savePairs(db, "trace_metadata", trace.id, {
        ...metadata,
        ...(isFinal ? { [metadataKeys.isFinal]: "true" } : {}),
      });
      await saveMeasures(db, trace.id, [
        ...measuresIn(metadata[metadataKeys.tokenUsage], tokenKeys),
        ...measuresIn(metadata[metadataKeys.cost], costKeys),
      ]);
      for (const assessment of given.assessments) await keepAssessment(trace, assessment, actor);
      await ledger.append({
        kind: "traces.logged",
        subject: given.experimentId,
        project: experiment.project,
        actor,
        data: { traces: 1, spans: 0 },
      });
      const [info] = await completeTraces(db, [{ ...trace, ...(await lookups.trace(traceId)) }]);
      if (info === undefined) throw new Error(`the trace ${traceId} vanished`);
      return info;
    });
  };

  return {
    recordTrace: ({ trace, actor }) => record(trace, actor, true),
    async startTrace({ experimentId, startedAtMs, tags, metadata, actor }) {
      const trace = {
        // As their server names them: an id that begins with `tr-` holds that of OpenTelemetry, and this is none.
        id: randomUUID().replaceAll("-", ""),
        experimentId,
        state: "IN_PROGRESS" as const,
        startedAtMs,
        durationMs: null,
        clientRequestId: null,
        requestPreview: null,
        responsePreview: null,
        tags,
        metadata,
        assessments: [],
      };
      return await record(trace, actor, false);
    },
    async endTrace({ traceId, endedAtMs, state, tags, metadata }) {
      return await db.transaction(async () => {
        const trace = (await lockTrace(db, traceId)) ?? (await lookups.trace(traceId));
        await updateTrace(db, trace.id, { state, duration_ms: endedAtMs - trace.started_at_ms });
        await savePairs(db, "trace_tags", trace.id, keepPairs(tags));
        await savePairs(db, "trace_metadata", trace.id, keepPairs(metadata));
        return await lookups.info(traceId);
      });
    },
    async deleteTraces({ experimentId, untilMs, most, traceIds, actor }) {
      checkDeletion({ untilMs, most, traceIds });
      return await db.transaction(async () => {
        const experiment = Number(experimentId);
        const deleted = await deleteTraces(db, { experiment, untilMs, most, traceIds });
        if (deleted.length > 0) {
          const { project } = await lookups.experiment(experimentId);
          const data = { traces: deleted.length };
          await ledger.append({ kind: "traces.deleted", subject: experimentId, project, actor, data });
        }
        return deleted;
      });
    },
    async setTag({ traceId, key, value }) {
      const [name, text] = checkTag(key, value);
      await db.transaction(async () => {
        const trace = await lookups.trace(traceId);
        await savePairs(db, "trace_tags", trace.id, { [name]: text });
      });
    },
    async deleteTag({ traceId, key }) {
      await db.transaction(async () => {
        const trace = await lookups.trace(traceId);
        if (await deleteTag(db, trace.id, key)) return;
        throw new Problem(problems.trace_tag_not_found, {
          message: `No trace tag with key '${key.slice(0, 200)}' for trace with ID '${traceId}'`,
        });
      });
    },
  };
}

function checkDeletion(order: {
  untilMs?: number | undefined;
  most?: number | undefined;
  traceIds?: readonly string[] | undefined;
}): void {
  const names = order.traceIds !== undefined;
  if (order.untilMs === undefined && !names)
    throw invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.");
  if (order.untilMs !== undefined && names)
    throw invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.");
  if (order.most !== undefined && names)
    throw invalid("`max_traces` can't be specified if `trace_ids` is specified.");
  if (order.most !== undefined && order.most <= 0)
    throw invalid(`\`max_traces\` must be a positive integer, received ${order.most}.`);
}

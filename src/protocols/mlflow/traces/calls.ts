import { z } from "zod";

import { checkTag } from "#traces";
import type { Trace } from "#traces";

import { defineCall, ofExperiment } from "../calls.ts";
import type { Call } from "../calls.ts";
import { array, boolean, integer, invalid, list, missingParameter, text } from "../wire.ts";
import { experimentIn, presentTraceInfo, readTraceInfo, traceInfoInput } from "./infos.ts";
import { mayTouch, visibleTraces } from "./parts.ts";
import type { TraceParts } from "./parts.ts";
import { presentSpan } from "./spans.ts";

const base = "/mlflow/traces";
const one = z.object({ trace_id: text });
const mostTraces = 500;

/** Traces as clients since 3.0 record and read them. */
export function createTraceCalls(parts: TraceParts): readonly Call[] {
  const { tracking, traces } = parts;
  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: base,
      permission: "run:write",
      summary: "Records what a client knows of a trace; its spans come on their own.",
      input: z.object({ trace: z.object({ trace_info: traceInfoInput }) }),
      async handler({ trace: { trace_info: info } }, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(experimentIn(info.trace_location))));
        const trace = readTraceInfo(info);
        const recorded = await traces.commands.recordTrace({ trace, actor: caller.principal.id });
        return { trace: { trace_info: presentTraceInfo(recorded) } };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/get`,
      permission: "run:read",
      summary: "Gets a trace with all its spans, or with those there are.",
      input: one.extend({ allow_partial: boolean.default(false) }),
      async handler({ trace_id: traceId, allow_partial: allowPartial }, caller) {
        const [place] = await traces.placesOfTraces([traceId]);
        if (place !== undefined) await caller.allow(ofExperiment(place));
        return { trace: presentTrace(await traces.getTrace(traceId, { allowPartial })) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/batchGet`,
      permission: "run:read",
      summary: "Gets whole traces with their spans.",
      input: z.object({ trace_ids: list(text) }),
      async handler({ trace_ids: ids }, caller) {
        checkIds(ids);
        const found = await traces.getTraces(await visibleTraces(parts, ids, caller));
        return { traces: found.map(presentTrace) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/batchGetInfos`,
      permission: "run:read",
      summary: "Gets what is known of traces besides their spans.",
      input: z.object({ trace_ids: array(text) }),
      async handler({ trace_ids: ids }, caller) {
        checkIds(ids);
        const found = await traces.getTraceInfos(await visibleTraces(parts, ids, caller));
        return { trace_infos: found.map(presentTraceInfo) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:trace_id`,
      permission: "run:read",
      summary: "Gets what is known of a trace besides its spans.",
      input: one,
      async handler({ trace_id: traceId }, caller) {
        const info = await traces.getTraceInfo(traceId);
        await caller.allow(ofExperiment(info));
        return { trace: { trace_info: presentTraceInfo(info) } };
      },
    }),
    ...deleting(parts),
    ...tagging(parts),
  ];
}

function checkIds(ids: readonly string[]): void {
  if (ids.length === 0) throw missingParameter("trace_ids");
  if (ids.length > mostTraces)
    throw invalid(`A request asks for at most ${mostTraces} traces. Received ${ids.length}.`);
}

function presentTrace({ info, spans }: Trace): object {
  return { trace_info: presentTraceInfo(info), spans: spans.map((span) => presentSpan(span, info.id)) };
}

const versions = ["2.0", "3.0"] as const;

function deleting({ tracking, traces }: TraceParts): readonly Call[] {
  return versions.map((version) =>
    defineCall({
      version,
      method: "POST",
      path: `${base}/delete-traces`,
      permission: "run:delete",
      summary: "Deletes the oldest traces of an experiment, or those named, with their files.",
      input: z.object({
        experiment_id: text,
        max_timestamp_millis: integer.optional(),
        max_traces: integer.optional(),
        request_ids: array(text),
      }),
      async handler(input, caller) {
        const experiment = await tracking.getExperiment(input.experiment_id);
        await caller.allow(ofExperiment(experiment));
        const actor = caller.principal.id;
        const deleted = await traces.commands.deleteTraces({
          experimentId: experiment.id,
          untilMs: input.max_timestamp_millis,
          most: input.max_traces,
          traceIds: input.request_ids.length === 0 ? undefined : input.request_ids,
          actor,
        });
        for (const trace of deleted) {
          const owner = { trace, experiment: experiment.id };
          await tracking.commands.deleteArtifacts({ owner, path: "", actor });
        }
        return { traces_deleted: deleted.length };
      },
    }),
  );
}

/** The two versions differ in what they call the trace. */
function tagging(parts: TraceParts): readonly Call[] {
  const { commands } = parts.traces;
  return versions.flatMap((version) => [
    defineCall({
      version,
      method: "PATCH",
      path: `${base}/:trace_id/tags`,
      permission: "run:write",
      summary: "Sets a tag of a trace.",
      input: one.extend({ key: text, value: text.default("") }),
      async handler({ trace_id: traceId, key, value }, caller) {
        checkTag(key, value);
        await mayTouch(parts, traceId, caller);
        await commands.setTag({ traceId, key, value });
      },
    }),
    defineCall({
      version,
      method: "DELETE",
      path: `${base}/:trace_id/tags`,
      permission: "run:write",
      summary: "Deletes a tag of a trace.",
      input: one.extend({ key: text }),
      async handler({ trace_id: traceId, key }, caller) {
        await mayTouch(parts, traceId, caller);
        await commands.deleteTag({ traceId, key });
      },
    }),
  ]);
}

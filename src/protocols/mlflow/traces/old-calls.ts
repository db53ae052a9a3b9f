import { z } from "zod";

import { defineCall, ofExperiment } from "../calls.ts";
import type { Call } from "../calls.ts";
import { array, integer, invalid, keyValue, text } from "../wire.ts";
import { fromOldStatus, oldEndInput, presentOldTraceInfo, toRecord } from "./infos.ts";
import { mayTouch } from "./parts.ts";
import type { TraceParts } from "./parts.ts";

const base = "/mlflow/traces";

/** Traces as clients before 3.0 begin and end them, and the links that all clients still make so. */
export function createOldTraceCalls(parts: TraceParts): readonly Call[] {
  const { tracking, traces } = parts;
  const { commands } = traces;
  return [
    defineCall({
      method: "POST",
      path: base,
      permission: "run:write",
      summary: "Begins a trace.",
      input: z.object({
        experiment_id: text,
        timestamp_ms: integer.default(0),
        request_metadata: array(keyValue),
        tags: array(keyValue),
      }),
      async handler(input, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(input.experiment_id)));
        const info = await commands.startTrace({
          experimentId: input.experiment_id,
          startedAtMs: input.timestamp_ms,
          metadata: toRecord(input.request_metadata),
          tags: toRecord(input.tags),
          actor: caller.principal.id,
        });
        return { trace_info: presentOldTraceInfo(info) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/:request_id`,
      permission: "run:write",
      summary: "Ends a trace.",
      input: oldEndInput.extend({ request_id: text }),
      async handler(input, caller) {
        await mayTouch(parts, input.request_id, caller);
        const info = await commands.endTrace({
          traceId: input.request_id,
          endedAtMs: input.timestamp_ms,
          state: fromOldStatus(input.status),
          metadata: toRecord(input.request_metadata),
          tags: toRecord(input.tags),
        });
        return { trace_info: presentOldTraceInfo(info) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/:request_id/info`,
      permission: "run:read",
      summary: "Gets what is known of a trace besides its spans, for clients before 3.0.",
      input: z.object({ request_id: text }),
      async handler({ request_id: traceId }, caller) {
        const info = await traces.getTraceInfo(traceId);
        await caller.allow(ofExperiment(info));
        return { trace_info: presentOldTraceInfo(info) };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/link-to-run`,
      permission: "run:write",
      summary: "Links traces to a run, those too that have not come yet.",
      input: z.object({ trace_ids: array(text), run_id: text }),
      async handler({ trace_ids: traceIds, run_id: runId }, caller) {
        const scope = await tracking.scopeOfRun(runId);
        await caller.allow(ofExperiment(scope));
        for (const place of await traces.placesOfTraces(traceIds)) await caller.allow(ofExperiment(place));
        await commands.linkToRun({ traceIds, runId, project: scope.project, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/link-prompts`,
      permission: "run:write",
      summary: "Links the prompts that a trace used.",
      input: z.object({ trace_id: text, prompt_versions: array(z.object({ name: text, version: text })) }),
      async handler({ trace_id: traceId, prompt_versions: prompts }, caller) {
        const odd = prompts.find(({ version }) => !/^\d{1,15}$/.test(version));
        if (odd !== undefined)
          throw invalid(`Invalid prompt version '${odd.version.slice(0, 80)}': it must be a whole number.`);
        await mayTouch(parts, traceId, caller);
        await commands.linkPrompts({ traceId, prompts, actor: caller.principal.id });
      },
    }),
  ];
}

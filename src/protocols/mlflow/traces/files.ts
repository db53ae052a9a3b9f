import { writeExactJson } from "#kernel/exact-json";
import { defineRawRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";
import { checkArtifactPath } from "#tracking";
import { spansAreHere, tagKeys } from "#traces";

import { presentProblem } from "../answers.ts";
import { callerOf, ofExperiment } from "../calls.ts";
import { missingParameter } from "../wire.ts";
import type { TraceParts } from "./parts.ts";
import { presentSpanInFile } from "./spans.ts";

const dataFile = "traces.json";

/** A file of a trace as MLflow's own pages fetch it; without a path the spans, wherever they are kept. */
export function createTraceFileRoutes({ tracking, traces }: TraceParts): readonly Route[] {
  return ["/ajax-api/2.0", "/ajax-api/3.0"].map((prefix) =>
    defineRawRoute({
      method: "GET",
      path: `${prefix}/mlflow/get-trace-artifact`,
      permission: "run:read",
      scope: "handler",
      summary: "Downloads the spans of a trace, or one of its files.",
      tags: ["mlflow"],
      presentProblem,
      async handler({ query, reply, ...visit }) {
        const { request_id: traceId, path } = query;
        if (typeof traceId !== "string" || traceId === "") throw missingParameter("request_id");
        const info = await traces.getTraceInfo(traceId);
        await callerOf(visit).allow(ofExperiment(info));
        const owner = { trace: info.id, experiment: info.experimentId };
        const name = typeof path === "string" && path !== "" ? checkArtifactPath(path) : undefined;
        const hasSpans = info.tags[tagKeys.spansLocation] === spansAreHere;
        if (name !== undefined || !hasSpans) {
          const fileName = name ?? dataFile;
          return await sendBlob(reply, { ...(await tracking.openArtifact(owner, fileName)), fileName });
        }
        const { spans } = await traces.getTrace(traceId, { allowPartial: true });
        void reply.header("content-disposition", `attachment; filename=${dataFile}`);
        void reply.header("x-content-type-options", "nosniff");
        void reply.type("application/octet-stream");
        return Buffer.from(writeExactJson({ spans: spans.map((span) => presentSpanInFile(span, info.id)) }));
      },
    }),
  );
}

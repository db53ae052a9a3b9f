import { gunzip, inflate } from "node:zlib";
import { promisify } from "node:util";

import { defineRawRoute, readBody } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Tracking } from "#tracking";
import type { Span, Traces } from "#traces";
import type { SpansLogged } from "#traces/commands";

import { presentProblem } from "../answers.ts";
import { callerOf, ofExperiment } from "../calls.ts";
import { invalid, missingParameter } from "../wire.ts";
import { decodeTraces } from "./otlp-binary.ts";
import { parseTraces } from "./otlp-json.ts";
import { bytesField, wholeField } from "./protobuf.ts";

const bodyLimitBytes = 24 * 1_024 * 1_024;
const experimentHeader = "x-mlflow-experiment-id";

type Form = "json" | "binary";

/**
 * OpenTelemetry's export of traces over HTTP, in both of its forms. Spans that cannot be kept do not
 * take the others with them: the answer then says how many were refused, and why.
 */
export function createOtlpRoute({ tracking, traces }: { tracking: Tracking; traces: Traces }): Route {
  return defineRawRoute({
    method: "POST",
    path: "/v1/traces",
    permission: "run:write",
    scope: "handler",
    summary: "Takes spans as OpenTelemetry exports them, for the experiment that a header names.",
    tags: ["mlflow"],
    bodyLimitBytes,
    presentProblem,
    async handler(visit) {
      const { headers } = visit.request;
      const experimentId = headers[experimentHeader];
      if (typeof experimentId !== "string" || experimentId === "") throw missingParameter(experimentHeader);
      const caller = callerOf(visit);
      await caller.allow(ofExperiment(await tracking.getExperiment(experimentId)));
      const form = formOf(headers["content-type"]);
      const body = await readBody(visit.body, bodyLimitBytes);
      const spans = readSpans(form, await unpack(body, headers["content-encoding"]));
      const logged = await traces.commands.logSpans({ experimentId, spans, actor: caller.principal.id });
      void visit.reply.type(form === "json" ? "application/json" : "application/x-protobuf");
      return form === "json" ? presentJson(logged) : presentBinary(logged);
    },
  });
}

function formOf(contentType: string | undefined): Form {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-protobuf") return "binary";
  if (type === "application/json") return "json";
  throw invalid(
    `Invalid Content-Type: ${contentType?.slice(0, 80)}. Expected: application/x-protobuf or application/json`,
  );
}

const unzip = promisify(gunzip);
const unpackDeflated = promisify(inflate);

/** A small body may unpack to a large one: it ends where a plain body would have to. */
async function unpack(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") return body;
  if (name !== "gzip" && name !== "deflate")
    throw invalid(`Unsupported Content-Encoding: ${name.slice(0, 80)}`);
  try {
    const options = { maxOutputLength: bodyLimitBytes };
    return await (name === "gzip" ? unzip(body, options) : unpackDeflated(body, options));
  } catch {
    throw invalid(`Failed to decompress ${name} payload, or it is larger than ${bodyLimitBytes} bytes`);
  }
}

function readSpans(form: Form, body: Buffer): readonly Span[] {
  try {
    return form === "json" ? parseTraces(body.toString("utf8")) : decodeTraces(body);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      throw invalid(
        `Invalid OpenTelemetry ${form === "json" ? "JSON" : "protobuf"} format: ${error.message.slice(0, 200)}`,
      );
    throw error;
  }
}

function presentJson({ refused }: SpansLogged): string {
  if (refused.length === 0) return "{}";
  return JSON.stringify({
    partialSuccess: { rejectedSpans: String(refused.length), errorMessage: reasons(refused) },
  });
}

/** An ExportTraceServiceResponse; that of a full success is empty. */
function presentBinary({ refused }: SpansLogged): Buffer {
  if (refused.length === 0) return Buffer.alloc(0);
  const partial = [wholeField(1, BigInt(refused.length)), bytesField(2, Buffer.from(reasons(refused)))];
  return Buffer.from(bytesField(1, Buffer.concat(partial)));
}

function reasons(refused: readonly string[]): string {
  return [...new Set(refused)].slice(0, 5).join("\n");
}

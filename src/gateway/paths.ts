import { invalid } from "./parse.ts";

/** What a path of the gateway asks for. */
export type Target =
  | { readonly kind: "infer"; readonly model: string; readonly version: string | undefined }
  /** `/invocations` alone names no model: it is the one there is. */
  | { readonly kind: "invocations"; readonly model: string | undefined }
  | { readonly kind: "model" | "model_ready"; readonly model: string; readonly version: string | undefined }
  | { readonly kind: "server" | "health" | "ping" | "metrics" };

/** Undefined for a path the gateway does not have. Throws `prediction_input_invalid` for a broken name. */
export function readPath(path: string): Target | undefined {
  const model = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(infer|ready))?$/.exec(path);
  if (model !== null) {
    const [, encoded = "", version, verb] = model;
    const kind = verb === "infer" ? "infer" : verb === "ready" ? "model_ready" : "model";
    return { kind, model: decodeName(encoded), version };
  }
  const scoring = /^\/models\/([^/]+)\/invocations$/.exec(path);
  if (scoring !== null) return { kind: "invocations", model: decodeName(scoring[1] ?? "") };
  return fixedPaths.get(path);
}

const fixedPaths: ReadonlyMap<string, Target> = new Map([
  ["/invocations", { kind: "invocations", model: undefined }],
  ["/v2", { kind: "server" }],
  ["/v2/", { kind: "server" }],
  ["/v2/health/live", { kind: "health" }],
  ["/v2/health/ready", { kind: "health" }],
  ["/ping", { kind: "ping" }],
  ["/health", { kind: "ping" }],
  ["/metrics", { kind: "metrics" }],
]);

/** The methods of a path, for the header `allow`. */
export function methodsOf(target: Target): readonly string[] {
  return target.kind === "infer" || target.kind === "invocations" ? predicting : asking;
}

const predicting = ["POST", "OPTIONS"];
const asking = ["GET", "HEAD", "OPTIONS"];

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid("the model's name in the URL", "percent-encoded UTF-8", encoded);
  }
}

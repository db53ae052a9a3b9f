import { explainDisk } from "../disk.ts";
import { Problem } from "../errors.ts";
import type { ProblemKind } from "../errors.ts";
import { bodyTooLarge } from "./parse.ts";
import { problems } from "./problems.ts";

const statusOfKind: Record<ProblemKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unavailable: 503,
  failed: 500,
};

/** The status of a problem: of its kind, but for two codes whose own status clients act upon. */
export function statusOf(problem: Problem): number {
  if (problem.code === "content_type_unsupported") return 415;
  if (problem.code === "range_not_satisfiable") return 416;
  return statusOfKind[problem.kind];
}

/** A problem as it travels. */
export interface ProblemBody {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly position?: Problem["position"];
  readonly requestId: string;
}

export function bodyOfProblem(problem: Problem, requestId: string): ProblemBody {
  const { code, message, next, data, position } = problem;
  return {
    code,
    message,
    next,
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(position === undefined ? {} : { position }),
    requestId,
  };
}

/** Turns whatever was thrown into a Problem; what we did not expect becomes `internal_error` without detail. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof Problem) return error;
  return explainDisk(error) ?? frameworkProblem(error) ?? internalError(error, requestId);
}

export function internalError(cause: unknown, requestId: string): Problem {
  return new Problem(problems.internal_error, {
    message: `The server met something it did not expect while answering request ${requestId}.`,
    data: { requestId },
    cause,
  });
}

function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return bodyTooLarge("limit" in error && typeof error.limit === "number" ? error.limit : 0);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_EMPTY_TYPE":
      return new Problem(problems.content_type_unsupported, { message: "This route reads JSON only." });
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new Problem(problems.path_unsafe, {
        message: "The path cannot be read: its encoding is broken or a part is too long.",
      });
    case "FST_ERR_HANDLER_TIMEOUT":
      return new Problem(problems.request_timed_out, { message: "The answer took too long to prepare." });
    default:
      return undefined;
  }
}

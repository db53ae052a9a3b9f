import type { Problem, ProblemKind } from "#kernel/errors";
import type { ForeignAnswer } from "#kernel/http";

interface ErrorCode {
  readonly status: number;
  readonly name: string;
}

const byKind: Record<ProblemKind, ErrorCode> = {
  invalid: { status: 400, name: "INVALID_PARAMETER_VALUE" },
  unauthenticated: { status: 401, name: "UNAUTHENTICATED" },
  forbidden: { status: 403, name: "PERMISSION_DENIED" },
  not_found: { status: 404, name: "RESOURCE_DOES_NOT_EXIST" },
  conflict: { status: 400, name: "INVALID_PARAMETER_VALUE" },
  too_large: { status: 413, name: "INVALID_PARAMETER_VALUE" },
  unavailable: { status: 503, name: "TEMPORARILY_UNAVAILABLE" },
  failed: { status: 500, name: "INTERNAL_ERROR" },
};

// Where MLflow's clients act upon a code that is not that of the kind. Clients ask again for minutes
// after a 5xx, so nothing permanent has one.
const byCode: Readonly<Record<string, ErrorCode>> = {
  experiment_exists: { status: 400, name: "RESOURCE_ALREADY_EXISTS" },
  model_exists: { status: 400, name: "RESOURCE_ALREADY_EXISTS" },
  mlflow_endpoint_unknown: { status: 404, name: "ENDPOINT_NOT_FOUND" },
  range_not_satisfiable: { status: 416, name: "INVALID_PARAMETER_VALUE" },
};

// Where a client compares the whole text.
const messages: Readonly<Record<string, string>> = { artifact_path_invalid: "Invalid path" };

/** How a problem looks to an MLflow client: it prints `error_code: message`. */
export function presentProblem(problem: Problem, requestId: string): ForeignAnswer {
  const { status, name } = byCode[problem.code] ?? byKind[problem.kind];
  return {
    status,
    headers: { "content-type": "application/json" },
    body: {
      error_code: name,
      message: messages[problem.code] ?? problem.message,
      ...(messages[problem.code] === undefined ? {} : { detail: problem.message }),
      code: problem.code,
      next: problem.next,
      request_id: requestId,
    },
  };
}

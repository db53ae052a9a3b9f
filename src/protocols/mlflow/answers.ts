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
  principal_exists: { status: 400, name: "RESOURCE_ALREADY_EXISTS" },
  thing_grant_exists: { status: 400, name: "RESOURCE_ALREADY_EXISTS" },
  mlflow_endpoint_unknown: { status: 404, name: "ENDPOINT_NOT_FOUND" },
  range_not_satisfiable: { status: 416, name: "INVALID_PARAMETER_VALUE" },
};

// Where a client compares the whole text.
const messages: Readonly<Record<string, string>> = { artifact_path_invalid: "Invalid path" };

// Words by which clients recognise what happened.
const beginnings: Partial<Record<ProblemKind, string>> = {
  unauthenticated: "You are not authenticated. ",
  forbidden: "Permission denied. ",
};

/** How a problem looks to an MLflow client: it prints `error_code: message`. */
export function presentProblem(problem: Problem, requestId: string): ForeignAnswer {
  const { status, name } = byCode[problem.code] ?? byKind[problem.kind];
  return {
    status,
    headers: {
      "content-type": "application/json",
      // Its clients send a name and a password, or a token in the password's place.
      ...(status === 401 ? { "www-authenticate": 'Basic realm="mlflow"' } : {}),
    },
    body: {
      error_code: name,
      message: messages[problem.code] ?? `${beginnings[problem.kind] ?? ""}${problem.message}`,
      ...(messages[problem.code] === undefined ? {} : { detail: problem.message }),
      code: problem.code,
      next: problem.next,
      request_id: requestId,
    },
  };
}

import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { Execution } from "./executions.ts";

/** A question that a person answers before a step runs. */
export interface Approval {
  execution: string;
  step: string;
  stage: string;
  question: string;
  askedAtMs: number;
  /** Null while nobody has answered. */
  answer: "approved" | "declined" | null;
  note: string | null;
  actor: string | null;
  answeredAtMs: number | null;
}

/** The questions of a project that nobody has answered, oldest first. */
export function openApprovalsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "approvals"],
    queryFn: ({ signal }) =>
      request<{ approvals: Approval[] }>(projectPath(project, "approvals"), { signal }),
  });
}

/** The questions of an execution with their answers. */
export function executionApprovalsQuery(project: string, execution: string) {
  return queryOptions({
    queryKey: [project, "executions", execution, "approvals"],
    queryFn: ({ signal }) =>
      request<{ approvals: Approval[] }>(projectPath(project, "executions", execution, "approvals"), {
        signal,
      }),
  });
}

export interface ApprovalAnswer {
  execution: string;
  stage: string;
  answer: "approve" | "decline";
  note: string;
}

export function answerApproval(project: string, { execution, stage, answer, note }: ApprovalAnswer) {
  return request<Execution>(projectPath(project, "executions", execution, "steps", stage, answer), {
    method: "POST",
    body: note === "" ? {} : { note },
  });
}

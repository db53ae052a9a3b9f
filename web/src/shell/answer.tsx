import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, ForbiddenState, PageSkeleton } from "../components/answers.tsx";
import { ButtonLink } from "../components/link.tsx";
import { ApiProblem } from "../data/client.ts";

/**
 * A question and the four ways it can end: still open (skeleton), refused, failed, answered. Every
 * scene shows its data through this, so that none forgets one.
 */
export function Answer<Data>({
  query,
  skeleton,
  part = skeleton !== undefined,
  children,
}: AnswerProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return skeleton ?? <PageSkeleton />;
  return <ProblemPage problem={query.error} again={() => void query.refetch()} page={!part} />;
}

export interface AnswerProps<Data> {
  query: UseQueryResult<Data>;
  /** What stands in its place while it is open. */
  skeleton?: ReactNode;
  /** It fills a part of a page that has its own heading. */
  part?: boolean;
  children: (data: Data) => ReactNode;
}

/** The page of a problem, by its kind. */
export function ProblemPage({
  problem,
  again,
  page = true,
}: {
  problem: unknown;
  again?: () => void;
  page?: boolean;
}) {
  const known = toProblem(problem);
  if (known.status === 401) {
    return (
      <ForbiddenState
        page={page}
        message="Sign in to see this."
        next="A token is made with: gyre token"
        actions={
          <ButtonLink to="/sign-in" look="primary" icon="key">
            Sign in
          </ButtonLink>
        }
      />
    );
  }
  if (known.status === 403)
    return (
      <ForbiddenState page={page} message={known.message} {...(known.next ? { next: known.next } : {})} />
    );
  return (
    <ErrorState
      page={page}
      title={known.status === 404 ? "There is no such thing here" : undefined}
      problem={known}
      {...(known.status === 404 || !again ? {} : { again })}
    />
  );
}

/** Any thrown value as something that can be shown. */
export function toProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  return new ApiProblem(-1, {
    code: "page_failed",
    message: thrown instanceof Error ? thrown.message : String(thrown),
    next: "Load the page again; if it stays, report it with this message.",
  });
}

import { randomUUID } from "node:crypto";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { tokenize } from "#tracking";
import type { Token } from "#tracking";

import { wrong } from "./grammar.ts";
import type { Lookups } from "./lookups.ts";
import { problems } from "./problems.ts";
import { insertIssue, readIssue, searchIssues, updateIssue } from "./store/issues.ts";
import type { IssueCondition } from "./store/issues.ts";
import { invalid, storable } from "./validation.ts";

export const issueStatuses = ["pending", "rejected", "resolved"] as const;
/** The lightest first. */
export const issueSeverities = ["not_an_issue", "low", "medium", "high"] as const;

/** Something that goes wrong in several traces; an assessment of the kind `issue` names it in each. */
export interface Issue {
  /** `iss-` and 32 hex digits. */
  readonly id: string;
  readonly experimentId: string;
  readonly project: string | null;
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly severity: string | null;
  readonly rootCauses: readonly string[];
  readonly categories: readonly string[];
  readonly sourceRunId: string | null;
  /** As the client said; a display name, not an identity. */
  readonly createdBy: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Traces that have it. */
  readonly traces: number;
}

export type NewIssue = Pick<
  Issue,
  | "experimentId"
  | "name"
  | "description"
  | "status"
  | "severity"
  | "rootCauses"
  | "categories"
  | "sourceRunId"
  | "createdBy"
>;

export interface IssueChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly status?: string | undefined;
  readonly severity?: string | undefined;
}

export interface IssueSearch {
  readonly experimentIds: readonly string[];
  /** `status = 'pending' and source_run_id != 'x'`. */
  readonly filter: string;
  /** Those with most traces first among equally severe ones. */
  readonly byTraces: boolean;
  readonly limit: number;
  readonly pageToken: string | undefined;
}

export interface IssuePage {
  readonly items: readonly Issue[];
  readonly nextPageToken: string | undefined;
}

export interface Issues {
  getIssue(id: string): Promise<Issue>;
  /** The most severe first, then the newest. */
  searchIssues(search: IssueSearch): Promise<IssuePage>;
}

export interface IssueOrders {
  createIssue(order: { issue: NewIssue; actor: string }): Promise<Issue>;
  changeIssue(order: { id: string; change: IssueChange; actor: string }): Promise<Issue>;
}

interface Parts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly lookups: Lookups;
  nowMs(): number;
}

export function createIssues({
  db,
  ledger,
  lookups,
  nowMs,
}: Parts): Issues & { readonly orders: IssueOrders } {
  const getIssue: Issues["getIssue"] = async (id) => {
    const issue = await readIssue(db, id);
    if (issue !== undefined) return issue;
    throw new Problem(problems.issue_not_found, { message: `Issue with ID '${id.slice(0, 80)}' not found` });
  };
  return {
    getIssue,
    searchIssues: (search) => searchIssues(db, { ...search, conditions: parseFilter(search.filter) }),
    orders: {
      async createIssue({ issue, actor }) {
        checkWords(issue);
        const { project } = await lookups.activeExperiment(issue.experimentId);
        const id = `iss-${randomUUID().replaceAll("-", "")}`;
        const name = storable(issue.name);
        return await db.transaction(async () => {
          await insertIssue(db, {
            ...issue,
            name,
            description: storable(issue.description),
            id,
            atMs: nowMs(),
          });
          const data = { name, status: issue.status };
          await ledger.append({ kind: "issue.created", subject: id, project, actor, data });
          return await getIssue(id);
        });
      },
      async changeIssue({ id, change, actor }) {
        checkWords(change);
        return await db.transaction(async () => {
          const before = await getIssue(id);
          await updateIssue(db, id, { ...change, atMs: nowMs() });
          const after = await getIssue(id);
          const data = { name: after.name, status: after.status };
          await ledger.append({ kind: "issue.changed", subject: id, project: before.project, actor, data });
          return after;
        });
      },
    },
  };
}

function checkWords({
  status,
  severity,
}: {
  status?: string | undefined;
  severity?: string | null | undefined;
}): void {
  if (status !== undefined && !issueStatuses.some((one) => one === status))
    throw invalid(
      `Invalid issue status '${status.slice(0, 80)}'. Valid values are '${issueStatuses.join("', '")}'`,
    );
  if (typeof severity === "string" && !issueSeverities.some((one) => one === severity))
    throw invalid(
      `Invalid issue severity '${severity.slice(0, 80)}'. Valid values are '${issueSeverities.join("', '")}'`,
    );
}

function parseFilter(text: string): readonly IssueCondition[] {
  const tokens = tokenize(text);
  const conditions: IssueCondition[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    if (at > 0 && tokens[at - 1]?.word !== "and") throw unreadable(text);
    conditions.push(readCondition(tokens[at], tokens[at + 1], tokens[at + 2], text));
    if (at + 3 < tokens.length && at + 4 >= tokens.length) throw unreadable(text);
  }
  return conditions;
}

function readCondition(
  name: Token | undefined,
  comparator: Token | undefined,
  value: Token | undefined,
  text: string,
): IssueCondition {
  if (name?.kind !== "name" || comparator === undefined) throw unreadable(text);
  if (name.prefix !== undefined || (name.text !== "status" && name.text !== "source_run_id"))
    throw wrong(`Invalid filter field '${name.raw}'. Supported fields: status, source_run_id`);
  if (comparator.text !== "=" && comparator.text !== "!=")
    throw wrong(`Invalid comparator '${comparator.raw.toUpperCase()}'. Supported comparators: =, !=`);
  if (value?.kind !== "text" && !(value?.kind === "name" && value.quoted))
    throw wrong(`Expected a quoted string value for ${name.text}. Got value ${value?.raw ?? "nothing"}`);
  return { field: name.text, comparator: comparator.text, value: value.text };
}

function unreadable(text: string): Problem {
  return wrong(`Invalid clause(s) in filter string: '${text.slice(0, 200)}'`);
}

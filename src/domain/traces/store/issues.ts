import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, and, byBytes, isBeyond, orderBy, packToken, unpackToken } from "#kernel/search";
import type { SortColumn } from "#kernel/search";

import type { Issue, IssueChange, IssuePage, IssueSearch, NewIssue } from "../issues.ts";
import type { IssueRow } from "../schema.ts";

export interface IssueCondition {
  readonly field: "status" | "source_run_id";
  readonly comparator: "=" | "!=";
  readonly value: string;
}

export async function insertIssue(
  db: Database,
  issue: NewIssue & { readonly id: string; readonly atMs: number },
): Promise<void> {
  await db.query
    .insertInto("trace_issues")
    .values({
      id: issue.id,
      experiment: Number(issue.experimentId),
      name: issue.name,
      description: issue.description,
      status: issue.status,
      severity: issue.severity,
      root_causes: JSON.stringify(issue.rootCauses),
      categories: JSON.stringify(issue.categories),
      source_run_id: issue.sourceRunId,
      created_by: issue.createdBy,
      created_at_ms: issue.atMs,
      updated_at_ms: issue.atMs,
    })
    .execute();
}

export async function updateIssue(
  db: Database,
  id: string,
  { atMs, ...change }: IssueChange & { readonly atMs: number },
): Promise<void> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  await db.query
    .updateTable("trace_issues")
    .set({ ...given, updated_at_ms: atMs })
    .where("id", "=", id)
    .execute();
}

type FoundIssue = IssueRow & { readonly project: string | null; readonly traces: number };

const traces = sql`(select count(distinct given.trace) from trace_assessments as given
  where given.kind = 'issue' and given.name = trace_issues.id)`;

export async function readIssue(db: Database, id: string): Promise<Issue | undefined> {
  const { rows } = await sql<FoundIssue>`
    select trace_issues.*, experiments.project, ${traces} as traces
    from trace_issues join experiments on experiments.id = trace_issues.experiment where trace_issues.id = ${id}
  `.execute(db.query);
  return rows[0] === undefined ? undefined : toIssue(rows[0]);
}

const severity = sql`case trace_issues.severity when 'high' then 3 when 'medium' then 2 when 'low' then 1
  when 'not_an_issue' then 0 else -1 end`;

export async function searchIssues(
  db: Database,
  search: IssueSearch & { readonly conditions: readonly IssueCondition[] },
): Promise<IssuePage> {
  const experiments = search.experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  const signature = ["issues", experiments, search.conditions, search.byTraces];
  const columns: SortColumn[] = [
    { expression: severity, descending: true },
    ...(search.byTraces ? [{ expression: traces, descending: true }] : []),
    { expression: sql`trace_issues.created_at_ms`, descending: true },
    { expression: byBytes(db, sql`trace_issues.id`), descending: true },
  ];
  const key =
    search.pageToken === undefined ? undefined : unpackToken(signature, search.pageToken, columns.length);
  const where = and([
    amongNumbers(db, sql`trace_issues.experiment`, experiments),
    ...search.conditions.map(
      ({ field, comparator, value }) =>
        sql`${sql.ref(`trace_issues.${field}`)} ${sql.raw(comparator)} ${value}`,
    ),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const cells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const { rows } = await sql<FoundIssue & Record<string, string | number | null>>`
    select trace_issues.*, experiments.project, ${traces} as traces, ${sql.join(cells)}
    from trace_issues join experiments on experiments.id = trace_issues.experiment
    where ${where} order by ${orderBy(columns)} limit ${search.limit + 1}
  `.execute(db.query);
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  return {
    items: page.map(toIssue),
    nextPageToken:
      rows.length > search.limit && last !== undefined
        ? packToken(
            signature,
            columns.map((_, index) => last[`sort_${index}`] ?? 0),
          )
        : undefined,
  };
}

function toIssue(row: FoundIssue): Issue {
  const rootCauses: string[] = JSON.parse(row.root_causes);
  const categories: string[] = JSON.parse(row.categories);
  return {
    id: row.id,
    experimentId: String(row.experiment),
    project: row.project,
    name: row.name,
    description: row.description,
    status: row.status,
    severity: row.severity,
    rootCauses,
    categories,
    sourceRunId: row.source_run_id,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    traces: Number(row.traces),
  };
}

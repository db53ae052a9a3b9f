import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    pipes_messages: MessageRow;
  }
}

interface MessageRow {
  step: string;
  attempt: number;
  position: number;
  execution: string;
  project: string;
  method: string;
  content: string;
  at_ms: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "dagster-pipes-001",
    statements: ({ text, integer, clustered }) => [
      `create table pipes_messages (
        step ${text} not null, attempt ${integer} not null, position ${integer} not null,
        execution ${text} not null, project ${text} not null, method ${text} not null, content ${text} not null,
        at_ms ${integer} not null, primary key (step, attempt, position)
      ) ${clustered}`,
    ],
  },
];

/** A message as it came. */
export interface KeptMessage {
  readonly attempt: number;
  /** Counts from 0 within the attempt. */
  readonly position: number;
  readonly method: string;
  readonly content: unknown;
  readonly atMs: number;
}

export interface MessageOwner {
  readonly step: string;
  readonly execution: string;
  readonly project: string;
}

const insertedAtOnce = 200;

/** What is kept already stays as it is. */
export async function insertMessages(
  db: Database,
  { step, execution, project }: MessageOwner,
  messages: readonly KeptMessage[],
): Promise<void> {
  for (let start = 0; start < messages.length; start += insertedAtOnce) {
    const rows = messages.slice(start, start + insertedAtOnce).map((message) => ({
      step,
      execution,
      project,
      attempt: message.attempt,
      position: message.position,
      method: message.method,
      content: JSON.stringify(message.content),
      at_ms: message.atMs,
    }));
    await db.query
      .insertInto("pipes_messages")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["step", "attempt", "position"]).doNothing())
      .execute();
  }
}

/** In the order they came; of the newest attempt last. */
export async function readMessages(
  db: Database,
  step: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<readonly KeptMessage[]> {
  const rows = await db.query
    .selectFrom("pipes_messages")
    .selectAll()
    .where("step", "=", step)
    .orderBy("attempt")
    .orderBy("position")
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map((row) => ({
    attempt: row.attempt,
    position: row.position,
    method: row.method,
    content: JSON.parse(row.content),
    atMs: row.at_ms,
  }));
}

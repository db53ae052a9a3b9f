import { CompiledQuery, sql } from "kysely";

import type { Clock } from "../clock.ts";
import type { Database, Migration } from "../db/index.ts";
import { insertRows } from "../search/index.ts";
import { genesisHash, hashEvent, verifyEvents } from "./chain.ts";
import type { ChainBreak, ChainLink } from "./chain.ts";
import type { AnyLedgerEvent, EventKind, FailedDelivery, NewEvent } from "./index.ts";
import { whoActs } from "./through.ts";

declare module "../db/index.ts" {
  interface Tables {
    events: EventRow;
    event_cursors: { handler: string; seq: number };
    event_failures: FailureRow;
  }
}

interface EventRow {
  seq: number;
  at_ms: number;
  actor: string;
  /** Null where nobody acted for the actor. */
  through: string | null;
  project: string | null;
  kind: string;
  subject: string;
  data: string;
  prev_hash: string;
  hash: string;
}

interface FailureRow {
  handler: string;
  seq: number;
  subject: string;
  attempts: number;
  error: string;
  next_attempt_at_ms: number;
  given_up: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "events-001",
    statements: ({ text, integer, strict }) => [
      `create table events (
        seq ${integer} primary key, at_ms ${integer} not null, actor ${text} not null, project ${text},
        kind ${text} not null, subject ${text} not null, data ${text} not null,
        prev_hash ${text} not null, hash ${text} not null
      ) ${strict}`,
      `create index events_project on events (project, seq)`,
      `create index events_subject on events (subject, seq)`,
      `create index events_kind on events (kind, seq)`,
      `create table event_cursors (handler ${text} primary key, seq ${integer} not null) ${strict}`,
      `create table event_failures (
        handler ${text} not null, seq ${integer} not null, subject ${text} not null,
        attempts ${integer} not null, error ${text} not null, next_attempt_at_ms ${integer} not null,
        given_up ${integer} not null, primary key (handler, seq)
      ) ${strict}`,
    ],
  },
  {
    id: "events-through-001",
    statements: ({ text }) => [`alter table events add column through ${text}`],
  },
];

export interface EventFilter {
  readonly project?: string;
  readonly subject?: string;
  /** Names that no module declares match nothing. */
  readonly kinds?: readonly string[];
  readonly actor?: string;
  /** Those alone. */
  readonly seqs?: readonly number[];
  /** Only events with a greater `seq`. */
  readonly after?: number;
  /** Only events with a smaller `seq`: for paging back. */
  readonly before?: number;
  readonly newestFirst?: boolean;
  readonly limit?: number;
}

export interface ChainVerification {
  readonly events: number;
  readonly headHash: string;
  readonly broken: ChainBreak | undefined;
}

/** Writes the next lines of the ledger. The chain is one for the whole system, so appends take turns. */
export async function appendEvents<Kind extends EventKind>(
  db: Database,
  clock: Clock,
  events: readonly NewEvent<Kind>[],
): Promise<readonly AnyLedgerEvent[]> {
  const [first] = events;
  if (first === undefined) return [];
  if (!db.inTransaction())
    throw new Error(`${first.kind} must be appended in the transaction that changes the state`);
  // Sent together, answered in their order: the head is looked up when the turn has come.
  const [, head] = await db.together([() => takeTurn(db), () => readHead(db)]);
  let { seq, hash } = head ?? { seq: 0, hash: genesisHash };
  const atMs = clock.nowMs();
  const through = whoActs();
  const rows = events.map((event): EventRow => {
    seq++;
    const text = JSON.stringify(event.data);
    const { actor, project, kind, subject } = event;
    const prevHash = hash;
    const data: unknown = JSON.parse(text);
    hash = hashEvent({ seq, atMs, actor, through, project, kind, subject, data, prevHash });
    return {
      seq,
      at_ms: atMs,
      actor,
      through,
      project,
      kind,
      subject,
      data: text,
      prev_hash: prevHash,
      hash,
    };
  });
  await insertRows(
    db,
    "events (seq, at_ms, actor, through, project, kind, subject, data, prev_hash, hash)",
    rows.map((row) => [
      row.seq,
      row.at_ms,
      row.actor,
      row.through,
      row.project,
      row.kind,
      row.subject,
      row.data,
      row.prev_hash,
      row.hash,
    ]),
  );
  return rows.map(toEvent);
}

const turnText = "select pg_advisory_xact_lock(4762)";

/** SQLite has one writer anyway. */
async function takeTurn(db: Database): Promise<void> {
  if (db.engine === "postgres") await db.query.executeQuery(CompiledQuery.raw(turnText, []));
}

// Read before every append: the text is kept, because building it costs more than running it.
const headText = "select seq, hash from events order by seq desc limit 1";

async function readHead(db: Database): Promise<Pick<EventRow, "seq" | "hash"> | undefined> {
  const query = CompiledQuery.raw(headText, []);
  return (await db.query.executeQuery<Pick<EventRow, "seq" | "hash">>(query)).rows[0];
}

export async function listEvents(db: Database, filter: EventFilter): Promise<AnyLedgerEvent[]> {
  let query = db.query.selectFrom("events").selectAll();
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.subject !== undefined) query = query.where("subject", "=", filter.subject);
  if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
  if (filter.kinds?.length === 0 || filter.seqs?.length === 0) return [];
  if (filter.kinds !== undefined) query = query.where("kind", "in", [...filter.kinds]);
  if (filter.seqs !== undefined) query = query.where("seq", "in", [...filter.seqs]);
  if (filter.after !== undefined) query = query.where("seq", ">", filter.after);
  if (filter.before !== undefined) query = query.where("seq", "<", filter.before);
  const rows = await query
    .orderBy("seq", filter.newestFirst === true ? "desc" : "asc")
    .limit(filter.limit ?? 1_000)
    .execute();
  return rows.map(toEvent);
}

const verifiedAtOnce = 5_000;

export async function verifyChain(db: Database): Promise<ChainVerification> {
  let head = { seq: 0, hash: genesisHash };
  for (;;) {
    const rows = await db.query
      .selectFrom("events")
      .selectAll()
      .where("seq", ">", head.seq)
      .orderBy("seq")
      .limit(verifiedAtOnce)
      .execute();
    if (rows.length === 0) return { events: head.seq, headHash: head.hash, broken: undefined };
    const verified = verifyEvents(rows.map(toLink), head);
    head = verified.head;
    if (verified.broken !== undefined)
      return { events: head.seq, headHash: head.hash, broken: verified.broken };
  }
}

/** The kinds of the events behind `after`, and how far they reach. */
export async function kindsAfter(
  db: Database,
  after: number,
): Promise<{ readonly kinds: ReadonlySet<string>; readonly seq: number }> {
  const { rows } = await sql<{ kind: string; seq: number }>`
    select kind, max(seq) as seq from events where seq > ${after} group by kind
  `.execute(db.query);
  return {
    kinds: new Set(rows.map((row) => row.kind)),
    seq: rows.reduce((most, row) => Math.max(most, row.seq), after),
  };
}

export async function lastSeq(db: Database): Promise<number> {
  const row = await db.query
    .selectFrom("events")
    .select((select) => select.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return row?.seq ?? 0;
}

export async function readCursor(db: Database, handler: string): Promise<number> {
  const row = await db.query
    .selectFrom("event_cursors")
    .select("seq")
    .where("handler", "=", handler)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

export async function moveCursor(db: Database, handler: string, seq: number): Promise<void> {
  await db.query
    .insertInto("event_cursors")
    .values({ handler, seq })
    .onConflict((conflict) => conflict.column("handler").doUpdateSet({ seq }))
    .execute();
}

export async function readEvent(db: Database, seq: number): Promise<AnyLedgerEvent | undefined> {
  const row = await db.query.selectFrom("events").selectAll().where("seq", "=", seq).executeTakeFirst();
  return row === undefined ? undefined : toEvent(row);
}

/** Oldest first. */
export async function listFailures(
  db: Database,
  handler?: string,
): Promise<(FailedDelivery & { nextAttemptAtMs: number })[]> {
  let query = db.query.selectFrom("event_failures").selectAll();
  if (handler !== undefined) query = query.where("handler", "=", handler);
  const rows = await query.orderBy("seq").execute();
  return rows.map((row) => ({
    handler: row.handler,
    seq: row.seq,
    subject: row.subject,
    attempts: row.attempts,
    error: row.error,
    nextAttemptAtMs: row.next_attempt_at_ms,
    givenUp: row.given_up === 1,
  }));
}

export async function saveFailure(
  db: Database,
  failure: FailedDelivery & { nextAttemptAtMs: number },
): Promise<void> {
  const { handler, seq, subject, attempts, error } = failure;
  const state = {
    attempts,
    error,
    next_attempt_at_ms: failure.nextAttemptAtMs,
    given_up: failure.givenUp ? 1 : 0,
  };
  await db.query
    .insertInto("event_failures")
    .values({ handler, seq, subject, ...state })
    .onConflict((conflict) => conflict.columns(["handler", "seq"]).doUpdateSet(state))
    .execute();
}

export async function deleteFailure(db: Database, handler: string, seq: number): Promise<void> {
  await db.query.deleteFrom("event_failures").where("handler", "=", handler).where("seq", "=", seq).execute();
}

export async function reviveFailures(db: Database, handler: string, subject: string): Promise<void> {
  await db.query
    .updateTable("event_failures")
    .set({ given_up: 0, attempts: 0, next_attempt_at_ms: 0 })
    .where("handler", "=", handler)
    .where("subject", "=", subject)
    .execute();
}

function toLink(row: EventRow): ChainLink {
  return {
    seq: row.seq,
    atMs: row.at_ms,
    actor: row.actor,
    through: row.through,
    project: row.project,
    kind: row.kind,
    subject: row.subject,
    data: JSON.parse(row.data),
    prevHash: row.prev_hash,
    hash: row.hash,
  };
}

/** The row's kind and data were typed when `append` wrote them; the union is restored here, in one place. */
function toEvent(row: EventRow): AnyLedgerEvent {
  return toLink(row) as AnyLedgerEvent;
}

import { dayMs, hourMs, minuteMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { JobQueue, RunningJob } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";
import type { Send, Sent } from "#webhooks";

import { problems } from "../problems.ts";
import * as store from "./store.ts";
import type { KeptEndpoint } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "openlineage.tell": { readonly endpoint: string; readonly lane: string };
  }
}

export interface DeliveringParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly secrets: SecretBox;
  readonly send: Send;
  /** Tries of one lane in a row before it is given up: 300, which is about a day. */
  readonly mostAttempts?: number;
}

// With the queue's back-off (1 s, doubling to 5 min) about a day of trying.
const usualAttempts = 300;
const lanesAtOnce = 8;
const eventsAtOnce = 200;
const rememberSentMs = 7 * dayMs;

/**
 * Tells endpoints what waits for them, each lane by a job of its own: one event after the other, the next
 * only when the one before was taken. What was sent but not noted is sent again, with the same bytes.
 *
 * A 2xx takes an event. 400, 413 and 422 refuse it for good, and the lane goes on without it: one event
 * that a receiver cannot read must not hold back the others. Everything else is tried again: no answer,
 * 5xx, 429, and also 401 or 404, which a person mends at the receiver or in its address.
 */
export function defineDelivering(parts: DeliveringParts): void {
  const { db, clock, jobs } = parts;
  let forgotAtMs = 0;

  jobs.define("openlineage.tell", {
    concurrency: lanesAtOnce,
    maxAttempts: parts.mostAttempts ?? usualAttempts,
    timeoutMs: hourMs,
    async run(job) {
      await forgetOld();
      const { endpoint: id, lane } = job.payload;
      for (let told = 0; told < eventsAtOnce; told++) {
        const endpoint = await store.readEndpoint(db, id);
        if (endpoint?.isActive !== true) return await drop(job);
        const outgoing = await store.nextOutgoing(db, id, lane);
        if (outgoing !== undefined) await tell(job, endpoint, outgoing);
        else if (await leave(job)) return;
      }
      await goOnLater(job);
    },
    async gaveUp({ payload }, error) {
      const { endpoint, lane } = readPayload(payload);
      const count = await store.moveAll(db, { endpoint, lane }, "pending", "given_up", clock.nowMs());
      await parts.ledger.append({
        kind: "lineage_delivery.given_up",
        subject: endpoint,
        project: (await store.readEndpoint(db, endpoint))?.project ?? null,
        actor: "system",
        data: { execution: lane, events: count, reason: error.slice(0, 500) },
      });
    },
  });

  async function tell(
    job: RunningJob<"openlineage.tell">,
    endpoint: KeptEndpoint,
    outgoing: store.Outgoing & { readonly attempts: number },
  ): Promise<void> {
    const attempts = outgoing.attempts + 1;
    const { sent, error } = await attempt(endpoint, outgoing.body, job.signal);
    const status = sent?.status ?? null;
    const save = async (state: store.OutboxState): Promise<void> => {
      const endedAtMs = state === "pending" ? null : clock.nowMs();
      await store.saveOutcome(db, outgoing.id, { state, attempts, status, error, endedAtMs });
    };
    if (status !== null && status >= 200 && status < 300) return await save("sent");
    if (status !== null && refusals.has(status)) return await save("refused");
    await save("pending");
    throw new Problem(problems.lineage_not_taken, {
      message: `The endpoint ${endpoint.name} did not take an event: ${error ?? "no reason given"}`,
    });
  }

  async function attempt(
    endpoint: KeptEndpoint,
    body: string,
    signal: AbortSignal,
  ): Promise<{ readonly sent?: Sent; readonly error: string | null }> {
    try {
      const key =
        endpoint.sealedKey === null ? undefined : await parts.secrets.open(endpoint.sealedKey, endpoint.id);
      const headers = {
        "content-type": "application/json",
        "user-agent": "gyre-openlineage",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      };
      const sent = await parts.send({ url: endpoint.url, headers, body, signal });
      const isTaken = sent.status >= 200 && sent.status < 300;
      return {
        sent,
        error: isTaken ? null : `It answered ${sent.status}. ${sent.body.slice(0, 300)}`.trim(),
      };
    } catch (error) {
      // This process stops: nothing was learnt about the endpoint.
      if (signal.aborted) throw error;
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** False when an event was put in meanwhile, whose sender took this job for the one to tell it. */
  async function leave(job: RunningJob<"openlineage.tell">): Promise<boolean> {
    const { endpoint, lane } = job.payload;
    return await db.transaction(async () => {
      await store.lockLane(db, endpoint, lane);
      if ((await store.nextOutgoing(db, endpoint, lane)) !== undefined) return false;
      await job.finish();
      return true;
    });
  }

  /** A lane of very many events gives its place to others now and then. */
  async function goOnLater(job: RunningJob<"openlineage.tell">): Promise<void> {
    await db.transaction(async () => {
      await job.finish();
      await enqueueLane(jobs, job.payload.endpoint, job.payload.lane);
    });
  }

  async function drop(job: RunningJob<"openlineage.tell">): Promise<void> {
    await db.transaction(async () => {
      await store.lockLane(db, job.payload.endpoint, job.payload.lane);
      await store.moveAll(db, job.payload, "pending", "dropped", clock.nowMs());
      await job.finish();
    });
  }

  async function forgetOld(): Promise<void> {
    const nowMs = clock.nowMs();
    if (nowMs - forgotAtMs < 10 * minuteMs) return;
    forgotAtMs = nowMs;
    await store.forgetSent(db, nowMs - rememberSentMs);
  }
}

const refusals = new Set([400, 413, 422]);

export async function enqueueLane(jobs: JobQueue, endpoint: string, lane: string): Promise<void> {
  await jobs.enqueue({ kind: "openlineage.tell", payload: { endpoint, lane }, key: `${endpoint} ${lane}` });
}

function readPayload(payload: unknown): { readonly endpoint: string; readonly lane: string } {
  if (typeof payload === "object" && payload !== null && "endpoint" in payload && "lane" in payload) {
    return { endpoint: String(payload.endpoint), lane: String(payload.lane) };
  }
  throw new Error("a job of lineage names no endpoint");
}

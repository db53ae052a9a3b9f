import { hourMs, dayMs, minuteMs } from "#kernel/clock";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { JobQueue, RunningJob } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";

import type { DeliveryDetail } from "./index.ts";
import { problems } from "./problems.ts";
import type { Send, Sent } from "./send.ts";
import { headersOf } from "./signing.ts";
import * as store from "./store.ts";
import type { KeptWebhook } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "webhook.deliver": { readonly delivery: string };
  }
}

export interface DeliveringParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly secrets: SecretBox;
  readonly send: Send;
}

// With the queue's back-off (1 s, doubling to 5 min) about half an hour of trying.
const mostAttempts = 14;
const atOnce = 8;
const longestWaitMs = 5 * minuteMs;
const rememberMs = 30 * dayMs;

/**
 * Brings deliveries to their receivers by the job queue: what was enqueued survives the process, and what
 * was sent but not noted is sent again under the same id.
 *
 * A 2xx ends a delivery as delivered. No connection, 408, 425, 429 and every 5xx are tried again, after
 * the time in `Retry-After` where there is one. Every other answer is a refusal, a redirect too.
 */
export function defineDelivering(parts: DeliveringParts): void {
  const { db, clock, jobs } = parts;
  let forgotAtMs = 0;

  jobs.define("webhook.deliver", {
    concurrency: atOnce,
    maxAttempts: mostAttempts,
    timeoutMs: minuteMs,
    run: async (job) => {
      await forgetOld();
      const delivery = await store.readDelivery(db, job.payload.delivery);
      if (delivery === undefined || delivery.state !== "pending") return;
      const webhook = await store.readWebhook(db, delivery.webhook);
      if (webhook?.isActive === true) await deliver(job, webhook, delivery);
      else await store.saveOutcome(db, delivery.id, { ...delivery, state: "dropped" });
    },
    async gaveUp({ key }, error) {
      const delivery = await store.readDelivery(db, key ?? "");
      if (delivery?.state === "pending")
        await fail(delivery, { ...delivery, error: delivery.error ?? error });
    },
  });

  async function deliver(
    job: RunningJob<"webhook.deliver">,
    webhook: KeptWebhook,
    delivery: DeliveryDetail,
  ): Promise<void> {
    const tried = { ...delivery, attempts: delivery.attempts + 1, lastAttemptAtMs: clock.nowMs() };
    const { sent, error, isRefused } = await attempt(webhook, delivery, job.signal);
    const outcome = { ...tried, status: sent?.status ?? null, error, answer: answerOf(sent) };
    if (sent !== undefined && isTaken(sent)) {
      await end(job, () => store.saveOutcome(db, delivery.id, { ...outcome, state: "delivered" }));
    } else if (isRefused || tried.attempts >= mostAttempts) {
      await end(job, () => fail(delivery, outcome));
    } else {
      await store.saveOutcome(db, delivery.id, outcome);
      await tryLater(job, delivery, sent, error ?? "");
    }
  }

  async function attempt(
    webhook: KeptWebhook,
    { id, body }: DeliveryDetail,
    signal: AbortSignal,
  ): Promise<{ readonly sent?: Sent; readonly error: string | null; readonly isRefused: boolean }> {
    try {
      const secret =
        webhook.sealedSecret === null
          ? undefined
          : await parts.secrets.open(webhook.sealedSecret, webhook.id);
      const headers = headersOf({ delivery: id, nowMs: clock.nowMs(), body, secret });
      const sent = await parts.send({ url: webhook.url, headers, body, signal });
      const error = isTaken(sent) ? null : `The receiver answered ${sent.status}.`;
      return { sent, error, isRefused: !isTaken(sent) && !isWorthAnotherTry(sent.status) };
    } catch (error) {
      // This process stops: nothing was learnt about the receiver.
      if (signal.aborted) throw error;
      return { error: reasonOf(error), isRefused: false };
    }
  }

  async function end(job: RunningJob<"webhook.deliver">, note: () => Promise<void>): Promise<void> {
    await db.transaction(async () => {
      await note();
      await job.finish();
    });
  }

  async function tryLater(
    job: RunningJob<"webhook.deliver">,
    { id, webhook }: DeliveryDetail,
    sent: Sent | undefined,
    error: string,
  ): Promise<void> {
    const waitMs = sent?.retryAfterMs;
    if (waitMs === undefined || waitMs === null) {
      throw new Problem(problems.webhook_not_taken, { message: `Webhook ${webhook}: ${error}` });
    }
    await db.transaction(async () => {
      await job.finish();
      const runAtMs = clock.nowMs() + Math.min(waitMs, longestWaitMs);
      await enqueueDelivery(jobs, id, runAtMs);
    });
  }

  async function fail(delivery: DeliveryDetail, outcome: store.Outcome): Promise<void> {
    await db.transaction(async () => {
      await store.saveOutcome(db, delivery.id, { ...outcome, state: "failed" });
      const webhook = await store.readWebhook(db, delivery.webhook);
      await parts.ledger.append({
        kind: "webhook_delivery.failed",
        subject: delivery.id,
        project: webhook?.project ?? null,
        actor: "system",
        data: {
          webhook: delivery.webhook,
          event: delivery.event,
          attempts: outcome.attempts,
          reason: outcome.error ?? "",
        },
      });
    });
  }

  async function forgetOld(): Promise<void> {
    const nowMs = clock.nowMs();
    if (nowMs - forgotAtMs < hourMs) return;
    forgotAtMs = nowMs;
    await store.deleteOldDeliveries(db, nowMs - rememberMs);
  }
}

/** The delivery's id is the key of its job: one is under way at a time. */
export async function enqueueDelivery(jobs: JobQueue, id: string, runAtMs?: number): Promise<void> {
  const later = runAtMs === undefined ? {} : { runAtMs };
  await jobs.enqueue({ kind: "webhook.deliver", payload: { delivery: id }, key: id, ...later });
}

/** Why nothing came back, without the address, which may hold a secret. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "TimeoutError" ? "The receiver did not answer in time." : error.message;
}

const keptOfAnswer = 4_096;

/** What is kept of an answer, without what PostgreSQL has no place for: NUL, and halves of characters. */
function answerOf(sent: Sent | undefined): string | null {
  if (sent === undefined) return null;
  return sent.body.slice(0, keptOfAnswer).replaceAll("\0", "\uFFFD").toWellFormed();
}

function isTaken({ status }: Sent): boolean {
  return status >= 200 && status < 300;
}

function isWorthAnotherTry(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

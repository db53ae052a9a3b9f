import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { StepAttempt } from "#pipelines";
import type { TrackingCommands } from "#tracking/commands";

import { effectsOf } from "./effects.ts";
import { readMessage } from "./message.ts";
import type { Exception, Message } from "./message.ts";
import { insertMessages } from "./store.ts";
import type { KeptMessage } from "./store.ts";

export interface HearingParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly tracking: Pick<TrackingCommands, "logBatch">;
}

/** Hears the messages of one attempt. */
export interface Hearing {
  /** Takes in lines that have come. */
  hear(lines: readonly string[]): Promise<void>;
  /** What it closed with, when it closed with one. */
  exception(): Exception | undefined;
}

// Far beyond what a script reports of itself: what goes on after that is a mistake in a loop.
const mostMessages = 10_000;
const longestMessage = 1_000_000;

export function createHearing(parts: HearingParts, attempt: StepAttempt): Hearing {
  let position = 0;
  let isFlooded = false;
  let exception: Exception | undefined;

  const take = async (lines: readonly string[]): Promise<void> => {
    const kept: KeptMessage[] = [];
    const heard: Message[] = [];
    const toSay: string[] = [];
    for (const line of lines) {
      if (isFlooded) break;
      if (position >= mostMessages) {
        isFlooded = true;
        toSay.push(`[pipes] more than ${mostMessages} messages came; the rest is left out`);
        break;
      }
      const message = line.length > longestMessage ? "is too long" : readMessage(line);
      if (typeof message === "string") {
        toSay.push(`[pipes] a line ${message}: ${line.slice(0, 200)}`);
        continue;
      }
      heard.push(message);
      const said = lineOf(message);
      if (said !== undefined) toSay.push(said);
      if (message.method === "closed") exception = message.content.exception ?? undefined;
      const { method, content } = message;
      kept.push({ attempt: attempt.attempt, position, method, content, atMs: parts.clock.nowMs() });
      position += 1;
    }
    await insertMessages(parts.db, attempt, kept);
    for (const line of toSay) await attempt.say(line);
    await track(heard);
  };

  const track = async (heard: readonly Message[]): Promise<void> => {
    const effects = heard.map(effectsOf);
    const atMs = parts.clock.nowMs();
    const metrics = effects.flatMap((one) => one.metrics.map((metric) => ({ ...metric, atMs, step: 0 })));
    const tags = effects.flatMap((one) => one.tags);
    if (metrics.length === 0 && tags.length === 0) return;
    await parts.tracking.logBatch({ runId: attempt.runId, metrics, tags });
  };

  return { hear: take, exception: () => exception };
}

/** What a person reads in the log. */
function lineOf(message: Message): string | undefined {
  switch (message.method) {
    case "log":
      return `[${message.content.level}] ${message.content.message}`;
    case "log_external_stream":
      return message.content.text.replace(/\n$/, "");
    case "report_asset_materialization":
      return `[pipes] materialized ${message.content.asset_key}`;
    case "report_asset_check": {
      const { asset_key: asset, check_name: check, passed, severity } = message.content;
      return `[pipes] check ${check} of ${asset} ${passed ? "passed" : `failed (${severity})`}`;
    }
    case "closed":
      return message.content.exception
        ? `[pipes] closed with ${message.content.exception.message.trim()}`
        : undefined;
    case "opened":
    case "report_custom_message":
      return undefined;
  }
}

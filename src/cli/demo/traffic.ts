import { hourMs } from "#kernel/clock";
import { createRandom } from "#stats";
import type { Random } from "#stats";

import type { Message } from "./messages/index.ts";

/** A message as the product met it: what was predicted, and when the truth becomes known, if ever. */
export interface Answered {
  readonly predictionId: string;
  readonly message: Message;
  /** When the outcome arrives; null when nobody ever says. */
  readonly outcomeAtMs: number | null;
}

export type Predict = (messages: readonly Message[]) => Promise<readonly string[]>;

/**
 * Decides when outcomes arrive: of four in five messages the truth becomes known, half of those within
 * seven hours, some after more than two days, so out of order and partly, as in life. Seeded.
 */
export function createOutcomeDelays(seed: string): (message: Message) => number | null {
  const random: Random = createRandom(`${seed}:outcomes`);
  const knownShare = 0.8;
  const meanDelayMs = 10 * hourMs;
  return (message) => {
    if (!random.chance(knownShare)) return null;
    return message.createdAtMs + Math.round(-Math.log(1 - random.uniform()) * meanDelayMs);
  };
}

const inFlight = 16;

/** Sends single messages to the gateway over HTTP, several at once, as many customers would. */
export async function sendAll(
  messages: readonly Message[],
  sendOne: (message: Message) => Promise<string>,
): Promise<string[]> {
  const ids: string[] = Array.from({ length: messages.length }, () => "");
  let next = 0;
  async function sender(): Promise<void> {
    for (let index = next++; index < messages.length; index = next++) {
      const message = messages[index];
      if (message !== undefined) ids[index] = await sendOne(message);
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sender));
  return ids;
}

/** The messages of `[fromMs, toMs)`; `traffic` is in time order. */
export function between(traffic: readonly Message[], fromMs: number, toMs: number): Message[] {
  return traffic.filter((message) => message.createdAtMs >= fromMs && message.createdAtMs < toMs);
}

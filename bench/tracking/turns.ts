import { send } from "./client.ts";
import type { TrackingClient } from "./client.ts";
import type { Case, Prepared } from "./cases.ts";

/** One server in the comparison. */
export interface Player {
  readonly name: string;
  readonly client: TrackingClient;
  readonly prepared: Prepared;
}

export interface Latencies {
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Requests answered in a second, over all turns. */
  readonly perSecond: number;
}

// V8 compiles what is asked often, and a server in use has been asked more than this.
const warmUpMs = 3_000;
const turnsOfWarmUp = 1_000_000;

/**
 * Warms each server up for a few seconds, then sends a case to all of them in turns, so that a slow moment of
 * the machine meets all of them. A turn is long enough that the servers are not measured as they wake.
 */
export async function takeTurns(one: Case, players: readonly Player[], turns: number): Promise<Latencies[]> {
  const latencies = players.map((): number[] => []);
  const tookMs = players.map(() => 0);
  for (const player of players) {
    const untilMs = performance.now() + warmUpMs;
    for (let turn = turnsOfWarmUp; performance.now() < untilMs; turn++) await takeTurn(one, player, turn);
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, player] of players.entries()) {
      const startedMs = performance.now();
      const measured = await takeTurn(one, player, turn);
      tookMs[index] = (tookMs[index] ?? 0) + performance.now() - startedMs;
      latencies[index]?.push(...measured);
    }
  }
  return players.map(({ name }, index) => {
    const all = latencies[index] ?? [];
    return {
      name,
      p50Ms: quantile(all, 0.5),
      p95Ms: quantile(all, 0.95),
      perSecond: all.length / ((tookMs[index] ?? 0) / 1_000),
    };
  });
}

async function takeTurn(one: Case, { client, prepared }: Player, turn: number): Promise<number[]> {
  const { writers, each } = one;
  const ofWriters = await Promise.all(
    client.connections.slice(0, writers).map(async (connection, writer) => {
      const measured: number[] = [];
      for (let index = 0; index < each; index++) {
        const request = one.request(prepared, turn * each + index, writer);
        measured.push((await send(connection, request)).latencyMs);
      }
      return measured;
    }),
  );
  return ofWriters.flat();
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

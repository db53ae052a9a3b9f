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

/**
 * Sends a case to all servers in turns, a few requests each, so that a slow moment of the machine meets
 * all of them. The first turn warms up and does not count.
 */
export async function takeTurns(one: Case, players: readonly Player[], turns: number): Promise<Latencies[]> {
  const latencies = players.map((): number[] => []);
  const tookMs = players.map(() => 0);
  for (let turn = 0; turn <= turns; turn++) {
    for (const [index, player] of players.entries()) {
      const startedMs = performance.now();
      const measured = await takeTurn(one, player, turn);
      if (turn === 0) continue;
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

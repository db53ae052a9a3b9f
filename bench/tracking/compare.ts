import type { Figure } from "../figures.ts";
import { cases, prepare } from "./cases.ts";
import { openClient } from "./client.ts";
import type { Target } from "./target.ts";
import { takeTurns } from "./turns.ts";
import type { Latencies, Player } from "./turns.ts";

const turns = 8;
const searchedRuns = 1_000;

/** Measures every case on all servers side by side; the first is ours, the others are peers. */
export async function compareTargets(
  targets: readonly Target[],
  only: (what: string) => boolean,
): Promise<readonly Figure[]> {
  const players: Player[] = [];
  const wanted = cases.filter(({ what }) => only(what));
  const runCount = wanted.some(({ what }) => what.startsWith("search")) ? searchedRuns : 0;
  try {
    for (const target of targets) {
      const client = openClient(target.port);
      players.push({ name: target.name, client, prepared: await prepare(client, runCount) });
    }
    const figures: Figure[] = [];
    for (const one of wanted) {
      const [ours, ...peers] = await takeTurns(one, players, turns);
      if (ours === undefined) continue;
      figures.push({ what: one.what, value: ours.p50Ms, unit: "ms", note: describe(ours) });
      for (const peer of peers) figures.push(...compare(one.atLeast, ours, peer));
    }
    return figures;
  } finally {
    for (const { client } of players) client.close();
  }
}

function compare(atLeast: number | undefined, ours: Latencies, peer: Latencies): Figure[] {
  const p95 = (peer.p95Ms / ours.p95Ms).toFixed(1);
  return [
    {
      what: `  as fast as ${peer.name}`,
      value: peer.p50Ms / ours.p50Ms,
      unit: "times",
      ...(atLeast === undefined ? {} : { atLeast }),
      note: `p95 ${p95} times; theirs ${peer.p50Ms.toFixed(2)} ms, ${describe(peer)}`,
    },
  ];
}

function describe({ p95Ms, perSecond }: Latencies): string {
  return `p95 ${p95Ms.toFixed(2)} ms, ${Math.round(perSecond)}/s`;
}

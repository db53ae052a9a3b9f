import { findDamage, writeUntilKilled } from "../../chaos/tracking-writers.ts";
import { startServerProcess } from "../../chaos/server.ts";
import type { Figure, Measurement } from "../figures.ts";

/** Many kills where the test in `chaos` has three; GYRE_BENCH_KILLS says how many. */
const kills = Number(process.env["GYRE_BENCH_KILLS"] ?? "50");
const answers = 500;

/** Kills the server under 8 writers again and again, on the same state, and counts what is missing. */
export const trackingCrashes: Measurement = {
  name: "tracking-crash",
  title: `Tracking under kill -9: 8 writers, ${kills} kills (SQLite)`,
  isLong: true,
  async measure({ folder }) {
    const cleanUps: (() => void)[] = [];
    const family = { after: (cleanUp: () => void) => void cleanUps.push(cleanUp) };
    const total = { acknowledged: 0, lost: 0, halves: 0, twice: 0, strange: 0 };
    try {
      let server = await startServerProcess(family, folder);
      for (let number = 0; number < kills; number++) {
        const written = await writeUntilKilled(server, answers);
        server = await startServerProcess(family, folder);
        const damage = await findDamage(server, written);
        total.acknowledged += written.acknowledged.length;
        for (const kind of ["lost", "halves", "twice", "strange"] as const) total[kind] += damage[kind];
      }
      await server.stop();
    } finally {
      for (const cleanUp of cleanUps) cleanUp();
    }
    const none = (what: string, value: number): Figure => ({ what, value, unit: "", target: 0 });
    return [
      { what: "requests acknowledged before a kill", value: total.acknowledged, unit: "" },
      none("acknowledged points that are gone", total.lost),
      none("requests of which a part was kept", total.halves),
      none("points kept twice", total.twice),
      none("points nobody sent", total.strange),
    ];
  },
};

import { join } from "node:path";

import pg from "pg";

import { startPostgres } from "../../tools/test/postgres.ts";
import type { Figure, Measurement } from "../figures.ts";
import { compareOn } from "./index.ts";
import { measureScale } from "./scale.ts";

/** As `tracking`, on a private PostgreSQL with its default settings: a commit is on the disk. */
export const trackingOnPostgres: Measurement = {
  name: "tracking-postgres",
  title: "Tracking beside MLflow's own server (PostgreSQL)",
  isLong: true,
  measure: ({ folder }) =>
    onPostgres((database) => compareOn({ folder, database: (index) => database(`target_${index}`) })),
};

/** As `tracking-scale`. */
export const trackingAtScaleOnPostgres: Measurement = {
  name: "tracking-scale-postgres",
  title: "Tracking with 100,000 runs (PostgreSQL)",
  isLong: true,
  measure: ({ folder }) =>
    onPostgres(async (database) => measureScale(join(folder, "scale"), await database("scale"))),
};

/** `database` makes an empty one of that name and gives its address. */
async function onPostgres(
  measure: (database: (name: string) => Promise<string>) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const server = await startPostgres({ PATH: process.env["PATH"] }, []);
  if (server.url === undefined) {
    console.log(`  ${server.reason}`);
    return [];
  }
  const { url } = server;
  try {
    return await measure(async (name) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`create database ${name}`).finally(() => client.end());
      return url.replace(/\/postgres$/, `/${name}`);
    });
  } finally {
    await server.stop();
  }
}

import { join } from "node:path";

import pg from "pg";

import { startPostgres } from "../../tools/test/postgres.ts";
import type { Measurement } from "../figures.ts";
import { compareOn } from "./index.ts";
import { measureScale } from "./scale.ts";

/** As `tracking`, with a private PostgreSQL that keeps its default settings: a commit is on the disk. */
export const trackingOnPostgres: Measurement = {
  name: "tracking-postgres",
  title: "Tracking beside MLflow's own server (PostgreSQL)",
  isLong: true,
  async measure({ folder }) {
    const server = await startPostgres({ PATH: process.env["PATH"] }, []);
    if (server.url === undefined) {
      console.log(`  ${server.reason}`);
      return [];
    }
    const { url } = server;
    const database = async (name: string): Promise<string> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`create database ${name}`).finally(() => client.end());
      return url.replace(/\/postgres$/, `/${name}`);
    };
    try {
      const compared = await compareOn({ folder, database: (index) => database(`target_${index}`) });
      return [...compared, ...(await measureScale(join(folder, "scale"), await database("scale")))];
    } finally {
      await server.stop();
    }
  },
};

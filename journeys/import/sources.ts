import { randomBytes } from "node:crypto";
import { join } from "node:path";

import pg from "pg";

import type { Environment } from "#compute";
import { temporaryFolder } from "#kernel/testing";

import { startRealServer } from "../mlflow/oracle/real-server.ts";
import { fill } from "./gyre-import.ts";

/** An MLflow that was filled by its client, and how `gyre import mlflow` is told of it. */
export interface FilledMlflow {
  readonly words: readonly string[];
  /** Its own server, where one runs: to be asked the same as ours. */
  readonly url: string | undefined;
  stop(): Promise<void>;
}

export type Kind = "SQLite database" | "PostgreSQL database" | "running server";

/** A text says why this machine cannot have such a source. */
export async function openFilled(
  kind: Kind,
  environment: Environment,
  runs: number,
): Promise<FilledMlflow | string> {
  if (kind === "SQLite database") return await fillFile(environment, runs);
  const database = kind === "PostgreSQL database" ? await makeDatabase() : undefined;
  if (kind === "PostgreSQL database" && database === undefined)
    return "GYRE_TEST_POSTGRES_URL is not set; `npm test` starts a server";
  const server = await startRealServer(environment, database?.url);
  try {
    await fill(environment.interpreter, server.url, "", runs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    words: database === undefined ? [server.url] : [database.url, "--artifacts", server.files],
    url: server.url,
    async stop() {
      await server.stop();
      await database?.drop();
    },
  };
}

/** As somebody has it who never ran a server: the client writes into the file itself. */
async function fillFile(environment: Environment, runs: number): Promise<FilledMlflow> {
  const home = await temporaryFolder();
  const [database, artifacts] = [join(home, "mlflow.db"), join(home, "artifacts")];
  await fill(environment.interpreter, `sqlite:///${database}`, artifacts, runs);
  return { words: [database, "--artifacts", artifacts], url: undefined, stop: async () => {} };
}

async function makeDatabase(): Promise<{ readonly url: string; drop(): Promise<void> } | undefined> {
  const server = process.env["GYRE_TEST_POSTGRES_URL"];
  if (server === undefined || server === "") return undefined;
  const name = `mlflow_${randomBytes(6).toString("hex")}`;
  await runOn(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    // As people write it for SQLAlchemy, which knows no `postgres:` and has another driver by default.
    url: String(url).replace(/^postgres(ql)?:/, "postgresql+psycopg2:"),
    drop: () => runOn(server, `drop database ${name} with (force)`),
  };
}

async function runOn(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

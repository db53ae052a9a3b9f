import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type TestServer =
  | { readonly url: string; stop(): Promise<void> }
  | { readonly url: undefined; readonly reason: string };

// Nothing here outlives the tests, so nothing needs to reach the disk.
const withoutSync = ["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off"];

/**
 * Starts one private PostgreSQL for all test files, because a server per file would cost more than the
 * tests; takes the one that `GYRE_TEST_POSTGRES_URL` names instead when it is set.
 */
export async function startPostgres(
  environment: NodeJS.ProcessEnv,
  settings: readonly string[] = withoutSync,
): Promise<TestServer> {
  const given = environment["GYRE_TEST_POSTGRES_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  const programs = findPrograms(environment["PATH"] ?? "");
  if (programs === undefined) {
    return without("PostgreSQL is not installed here (looked in /usr/lib/postgresql and PATH)");
  }
  const folder = mkdtempSync(join(tmpdir(), "gyre-postgres-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const prefix = asUnprivileged(folder);
  if (prefix === undefined) {
    remove();
    return without("PostgreSQL refuses to run as root and there is no user postgres here");
  }
  const data = join(folder, "data");
  const made = makeCluster(prefix, programs, data);
  if (made !== undefined) {
    remove();
    return without(`PostgreSQL could not make a cluster: ${made}`);
  }
  return await startServer({ prefix, programs, folder, data, remove }, settings);
}

interface Cluster {
  readonly prefix: readonly string[];
  readonly programs: string;
  readonly folder: string;
  readonly data: string;
  remove(): void;
}

async function startServer(
  { prefix, programs, folder, data, remove }: Cluster,
  settings: readonly string[],
): Promise<TestServer> {
  const port = await freePort();
  const command = [
    ...prefix,
    join(programs, "postgres"),
    `-D${data}`,
    `-k${folder}`,
    `-p${port}`,
    "-h127.0.0.1",
    ...settings,
    "-cmax_connections=300",
  ];
  const server = spawn(command[0] ?? "postgres", command.slice(1), { stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const stop = async (): Promise<void> => {
    server.kill("SIGINT");
    await ended;
    remove();
  };
  const ready = join(programs, "pg_isready");
  for (let tries = 0; tries < 100; tries++) {
    if (spawnSync(ready, ["-h", "127.0.0.1", "-p", String(port)]).status === 0) {
      return { url: `postgres://gyre@127.0.0.1:${port}/postgres`, stop };
    }
    await sleep(100);
  }
  await stop();
  return without("PostgreSQL did not become ready within 10 seconds");
}

function without(reason: string): TestServer {
  return { url: undefined, reason };
}

function findPrograms(path: string): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, "bin")), ...path.split(":")];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** The words before a command that make it run as someone other than root; undefined when there is nobody. */
function asUnprivileged(folder: string): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const [user, group] = ["-u", "-g"].map((what) =>
    Number(spawnSync("id", [what, "postgres"]).stdout.toString()),
  );
  if (user === undefined || group === undefined || user === 0 || group === 0) return undefined;
  chownSync(folder, user, group);
  return ["setpriv", `--reuid=${user}`, `--regid=${group}`, "--clear-groups"];
}

/** Why no cluster could be made, or undefined when it was. */
function makeCluster(prefix: readonly string[], programs: string, data: string): string | undefined {
  const options = ["-U", "gyre", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"];
  const command = [...prefix, join(programs, "initdb"), "-D", data, ...options];
  const result = spawnSync(command[0] ?? "initdb", command.slice(1), { encoding: "utf8" });
  return result.status === 0 ? undefined : (result.stderr ?? result.error?.message ?? "initdb failed");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port was given"));
        else resolve(address.port);
      });
    });
  });
}

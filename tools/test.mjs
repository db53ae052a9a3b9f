// Runs the tests: `node tools/test.mjs [arguments of node --test]`. Starts one private PostgreSQL for all
// of them when this machine has its programs, because a server per test file would cost more than the tests.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const server = process.env.GYRE_TEST_POSTGRES_URL ? undefined : await startPostgres();
const testArguments = process.argv.slice(2);
const tests = spawn(
  process.execPath,
  ["--test", ...(testArguments.length === 0 ? ["src/**/*.test.ts"] : testArguments)],
  {
    stdio: "inherit",
    env: { ...process.env, ...(server === undefined ? {} : { GYRE_TEST_POSTGRES_URL: server.url }) },
  },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => tests.kill(signal));
tests.on("exit", async (code, signal) => {
  await server?.stop();
  process.exitCode = signal === null ? (code ?? 1) : 1;
});

async function startPostgres() {
  const programs = findPrograms();
  if (programs === undefined) {
    console.log(
      "PostgreSQL is not installed here (looked in /usr/lib/postgresql and PATH): its tests are left out.",
    );
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "gyre-postgres-"));
  const prefix = asUnprivileged(folder);
  if (prefix === undefined) {
    console.log(
      "PostgreSQL refuses to run as root and there is no user postgres here: its tests are left out.",
    );
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const data = join(folder, "data");
  const made = run(prefix, join(programs, "initdb"), [
    "-D",
    data,
    "-U",
    "gyre",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--no-sync",
    "--locale=C",
  ]);
  if (made.status !== 0) {
    console.log(`PostgreSQL could not make a cluster: its tests are left out. ${made.stderr}`);
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const port = await freePort();
  const [command, ...rest] = [
    ...prefix,
    join(programs, "postgres"),
    `-D${data}`,
    `-k${folder}`,
    `-p${port}`,
    "-h127.0.0.1",
    // Nothing here outlives the tests, so nothing needs to reach the disk.
    "-cfsync=off",
    "-csynchronous_commit=off",
    "-cfull_page_writes=off",
    "-cmax_connections=300",
  ];
  const server = spawn(command, rest, { stdio: "ignore" });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const stop = async () => {
    server.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = join(programs, "pg_isready");
  for (let tries = 0; tries < 100; tries++) {
    if (spawnSync(ready, ["-h", "127.0.0.1", "-p", String(port)]).status === 0) {
      return { url: `postgres://gyre@127.0.0.1:${port}/postgres`, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log("PostgreSQL did not become ready within 10 seconds: its tests are left out.");
  await stop();
  return undefined;
}

function findPrograms() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(":"),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** The words before a command that make it run as someone other than root; undefined when there is nobody. */
function asUnprivileged(folder) {
  if (process.getuid?.() !== 0) return [];
  const [user, group] = ["-u", "-g"].map((what) =>
    Number(spawnSync("id", [what, "postgres"]).stdout.toString()),
  );
  if (!user || !group) return undefined;
  chownSync(folder, user, group);
  return ["setpriv", `--reuid=${user}`, `--regid=${group}`, "--clear-groups"];
}

function run(prefix, program, programArguments) {
  const [command, ...rest] = [...prefix, program, ...programArguments];
  const result = spawnSync(command, rest, { encoding: "utf8" });
  return { status: result.status, stderr: result.stderr ?? result.error?.message ?? "" };
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

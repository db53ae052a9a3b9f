import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Figure } from "../figures.ts";
import { besideEachOther, chainOf, openBenchProject } from "./bench-project.ts";

const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

interface Times {
  readonly sequential: number;
  /** Undefined where the peer was not asked for it. */
  readonly parallel?: number | undefined;
}

interface Peer {
  readonly name: string;
  /** Names its Python; otherwise the one beside the program in PATH. */
  readonly variable: string;
  readonly program: string;
  measure(python: string, folder: string): Promise<Times>;
}

const peers: readonly Peer[] = [
  {
    name: "Prefect",
    variable: "GYRE_BENCH_PREFECT",
    program: "prefect",
    measure: async (python, folder) =>
      await measured(python, script("prefect-flow.py"), {
        PREFECT_HOME: folder,
        PREFECT_LOGGING_LEVEL: "ERROR",
      }),
  },
  {
    name: "Dagster",
    variable: "GYRE_BENCH_DAGSTER",
    program: "dagster",
    measure: async (python, folder) =>
      await measured(python, script("dagster-job.py"), { DAGSTER_HOME: folder }),
  },
  {
    name: "Metaflow",
    variable: "GYRE_BENCH_METAFLOW",
    program: "metaflow",
    async measure(python, folder) {
      const variables = {
        METAFLOW_DATASTORE_SYSROOT_LOCAL: folder,
        METAFLOW_USER: "bench",
        METAFLOW_HOME: folder,
      };
      const timed = async (flow: string): Promise<number> => {
        const startedMs = performance.now();
        await run(python, [script(flow), "--quiet", "run"], {
          cwd: folder,
          env: { ...process.env, ...variables },
        });
        return performance.now() - startedMs;
      };
      return {
        sequential: await timed("metaflow-sequential.py"),
        parallel: await timed("metaflow-parallel.py"),
      };
    },
  },
];

/**
 * Ten small steps one after the other and forty beside each other, durable here, beside orchestrators as
 * they are installed: tasks of Prefect run in its own process, ours and Dagster's and Metaflow's in one each.
 */
export async function measurePeers(folder: string): Promise<readonly Figure[]> {
  const ours = await measureOurs(folder);
  const figures: Figure[] = [
    { what: "10 small steps, one after the other", value: ours.sequential, unit: "ms" },
    { what: "40 small steps, beside each other", value: ours.parallel ?? Number.NaN, unit: "ms" },
  ];
  for (const peer of peers) {
    const python = findPython(peer);
    if (python === undefined) {
      console.log(
        `  No ${peer.name} to compare with: neither ${peer.variable} nor a ${peer.program} in PATH.`,
      );
      continue;
    }
    const theirs = await measurePeer(peer, python, folder);
    if (theirs === undefined) continue;
    figures.push({
      what: `${peer.name}: the same 10`,
      value: theirs.sequential,
      unit: "ms",
      note: `${(theirs.sequential / ours.sequential).toFixed(1)} × ours`,
    });
    if (theirs.parallel !== undefined && ours.parallel !== undefined) {
      figures.push({
        what: `${peer.name}: the same 40`,
        value: theirs.parallel,
        unit: "ms",
        note: `${(theirs.parallel / ours.parallel).toFixed(1)} × ours`,
      });
    }
  }
  return figures;
}

/** Undefined where the peer does not run here, which is said. */
async function measurePeer(peer: Peer, python: string, folder: string): Promise<Times | undefined> {
  try {
    return await peer.measure(python, await mkdtemp(join(folder, `${peer.program}-`)));
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
    console.log(`  ${peer.name} did not run: ${lines.at(-1) ?? ""}`);
    return undefined;
  }
}

async function measureOurs(folder: string): Promise<Times> {
  const timed = async (definition: string): Promise<number> => {
    const project = await openBenchProject(folder);
    try {
      await project.write({ "dvc.yaml": definition, in: "1" });
      return (await project.timed("succeeded")).elapsedMs;
    } finally {
      await project.close();
    }
  };
  // Once beforehand, as the peers are warmed up: the first execution of a process loads its code.
  await timed(chainOf(1, () => "echo 1"));
  return {
    sequential: await timed(chainOf(10, (index) => `echo ${index}`)),
    parallel: await timed(besideEachOther(40, "true")),
  };
}

/** Runs a script that prints `MEASURED <name> <milliseconds>`. */
async function measured(
  python: string,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<Times> {
  const { stdout } = await run(python, [file], {
    env: { ...process.env, ...variables },
    maxBuffer: 100_000_000,
  });
  const times = new Map(
    [...stdout.matchAll(/^MEASURED (\w+) ([\d.]+)$/gm)].map(([, name = "", ms]) => [name, Number(ms)]),
  );
  return { sequential: times.get("sequential") ?? Number.NaN, parallel: times.get("parallel") };
}

function findPython({ variable, program }: Peer): string | undefined {
  const given = process.env[variable];
  if (given !== undefined && given !== "") return given;
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync);
  return found === undefined ? undefined : join(dirname(found), "python");
}

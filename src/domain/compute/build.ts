import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { Problem } from "#kernel/errors";

import { explainFailure } from "./build-failure.ts";
import { condaCommand } from "./conda.ts";
import { endGroup } from "./process-group.ts";
import { problems } from "./problems.ts";
import type { Python } from "./python.ts";

/** What the installers may use: where programs are found, and the settings a person gave pip and uv. */
export interface Toolbox {
  readonly searchPath: string;
  readonly installerVariables: Readonly<Record<string, string>>;
}

export interface Build {
  readonly requirementsText: string;
  readonly python: Python;
  readonly target: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Makes the folder and installs into it. Throws `python_venv_missing` and `environment_failed`. */
export async function buildEnvironment(tools: Toolbox, build: Build): Promise<void> {
  const maker = await chooseMaker(tools, build);
  await step(tools, build, maker.create(build.target));
  const requirements = join(build.target, "requirements.txt");
  await writeFile(requirements, build.requirementsText);
  if (/^\s*[^#\s]/m.test(build.requirementsText)) {
    build.say("Installing packages.");
    await step(tools, build, maker.install(build.target, requirements));
  }
}

/** The same from an `environment.yml`, with the programs of conda. Throws `conda_missing` and `environment_failed`. */
export async function buildCondaEnvironment(
  tools: Toolbox,
  build: Pick<Build, "target" | "say" | "signal"> & { readonly condaText: string },
): Promise<void> {
  const command = await condaCommand(build.condaText, build.target, (words) => answers(tools, words));
  await step(tools, build, command);
}

/** `name==version` of everything installed, in an order that does not change. */
export async function listPackages(tools: Toolbox, interpreter: string): Promise<readonly string[]> {
  const { lines } = await run(tools, [interpreter, "-I", "-c", listProgram], () => {});
  return lines.filter((line) => line.includes("==")).toSorted();
}

const listProgram = `
from importlib.metadata import distributions
for found in distributions(): print(f"{found.metadata['Name']}=={found.version}")`;

interface Maker {
  create(target: string): readonly string[];
  install(target: string, requirements: string): readonly string[];
}

/** uv where it is, because it is far faster; else what Python brings; else what somebody added to it. */
async function chooseMaker(tools: Toolbox, { python }: Build): Promise<Maker> {
  const pip = (target: string, requirements: string) => [
    join(target, "bin", "python"),
    "-m",
    "pip",
    "install",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "-r",
    requirements,
  ];
  if (await answers(tools, ["uv", "--version"])) {
    return {
      create: (target) => ["uv", "venv", "--no-project", "--python", python.interpreter, target],
      install: (target, requirements) => [
        "uv",
        "pip",
        "install",
        "--python",
        join(target, "bin", "python"),
        "-r",
        requirements,
      ],
    };
  }
  if (python.hasVenv && python.hasEnsurepip) {
    return { create: (target) => [python.interpreter, "-m", "venv", target], install: pip };
  }
  if (python.hasVirtualenv) {
    return { create: (target) => [python.interpreter, "-m", "virtualenv", target], install: pip };
  }
  if (await answers(tools, ["virtualenv", "--version"])) {
    return { create: (target) => ["virtualenv", "--python", python.interpreter, target], install: pip };
  }
  const minor = python.version.split(".").slice(0, 2).join(".");
  throw new Problem(problems.python_venv_missing, {
    message: `Python ${python.version} (${python.interpreter}) cannot make environments: it lacks ${python.hasVenv ? "ensurepip" : "venv"}.`,
    next: `Install it, on Debian or Ubuntu with: sudo apt-get install python3-venv (or python${minor}-venv)`,
    data: { interpreter: python.interpreter },
  });
}

async function answers(tools: Toolbox, command: readonly string[]): Promise<boolean> {
  return (await run(tools, command, () => {})).exitCode === 0;
}

async function step(
  tools: Toolbox,
  build: Pick<Build, "say" | "signal">,
  command: readonly string[],
): Promise<void> {
  const { exitCode, lines } = await run(tools, command, build.say, build.signal);
  build.signal?.throwIfAborted();
  if (exitCode !== 0) throw explainFailure(lines, exitCode);
}

interface Outcome {
  readonly exitCode: number | null;
  /** The last of what it printed. */
  readonly lines: readonly string[];
}

const keptLines = 200;

async function run(
  tools: Toolbox,
  [program = "", ...words]: readonly string[],
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  const lines: string[] = [];
  const child = spawn(program, words, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { LANG: "C.UTF-8", ...tools.installerVariables, PATH: tools.searchPath },
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
    child.once("error", (error) => {
      lines.push(error.message);
      resolve(null);
    });
  });
  const onAbort = (): void => {
    if (child.pid !== undefined) void endGroup(child.pid, exit);
  };
  signal?.addEventListener("abort", onAbort);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine(line);
    });
  }
  const exitCode = await exit;
  signal?.removeEventListener("abort", onAbort);
  return { exitCode, lines };
}

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Finding } from "./examine.ts";

const run = promisify(execFile);
const timeoutMs = 20_000;
const names = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const install =
  "Install Python 3.10 or newer with venv, on Debian or Ubuntu: sudo apt-get install python3 python3-venv";

/** Whether the steps of a pipeline would find a Python, and could have an environment of their own. */
export async function examinePython(): Promise<Finding> {
  const found: string[] = [];
  for (const name of names) {
    const version = await versionOf(name);
    if (version === undefined) continue;
    if (isEnough(version)) return await examineEnvironments(name, version);
    found.push(`${name} is ${version}`);
  }
  const sentence =
    found.length === 0
      ? "There is no Python on the PATH; steps and training need one."
      : `Python 3.10 or newer is needed, and ${found.join(", ")}.`;
  return { subject: "python", verdict: "fail", sentence, next: install };
}

export async function examineUv(): Promise<Finding> {
  try {
    const { stdout } = await run("uv", ["--version"], { timeout: timeoutMs });
    return { subject: "uv", verdict: "ok", sentence: `${stdout.trim()}.` };
  } catch {
    return {
      subject: "uv",
      verdict: "warn",
      sentence: "uv is not on the PATH; environments are built with venv and pip, which takes longer.",
      next: "https://docs.astral.sh/uv/getting-started/installation/",
    };
  }
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(name, ["-I", "-c", "import platform; print(platform.python_version())"], {
      timeout: timeoutMs,
    });
    return /^\d+\.\d+/.test(stdout) ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 10);
}

/** Making one is the only proof: distributions split venv into packages in several ways. */
async function examineEnvironments(name: string, version: string): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-doctor-"));
  try {
    await run(name, ["-I", "-c", "import ensurepip"], { timeout: timeoutMs });
    await run(name, ["-I", "-m", "venv", "--without-pip", join(folder, "venv")], { timeout: timeoutMs });
    return {
      subject: "python",
      verdict: "ok",
      sentence: `Python ${version} (${name}), and it makes environments.`,
    };
  } catch {
    return {
      subject: "python",
      verdict: "warn",
      sentence: `Python ${version} (${name}) has no working venv; only uv or virtualenv could make environments.`,
      next: "Install venv, on Debian or Ubuntu: sudo apt-get install python3-venv",
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

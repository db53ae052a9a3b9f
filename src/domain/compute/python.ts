import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import { readVersionRule, satisfies } from "./python-version.ts";

/** A Python of this machine, and what it brings to make environments with. */
export interface Python {
  readonly interpreter: string;
  /** Such as `3.11.7`. */
  readonly version: string;
  /** Such as `linux-x86_64`. */
  readonly platform: string;
  readonly hasVenv: boolean;
  readonly hasEnsurepip: boolean;
  readonly hasVirtualenv: boolean;
  readonly hasPip: boolean;
}

const names = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];

/** Finds the first Python on the path that satisfies the rule. Throws `python_missing`, naming what was found instead. */
export async function findPython(versionRule: string, searchPath: string): Promise<Python> {
  const rule = readVersionRule(versionRule);
  const found: string[] = [];
  for (const name of names) {
    const python = await probeOnce(name, searchPath);
    if (python === undefined) continue;
    if (satisfies(python.version, rule)) return python;
    found.push(`${name} is ${python.version}`);
  }
  const instead = found.length === 0 ? "there is none on the PATH" : `only ${[...new Set(found)].join(", ")}`;
  throw new Problem(problems.python_missing, {
    message: `Python ${versionRule} is needed, but ${instead}.`,
    data: { wanted: versionRule, found },
  });
}

const probeSchema = z.object({
  interpreter: z.string().min(1),
  version: z.string(),
  platform: z.string(),
  hasVenv: z.boolean(),
  hasEnsurepip: z.boolean(),
  hasVirtualenv: z.boolean(),
  hasPip: z.boolean(),
});

const probeProgram = `
import importlib.util, json, platform, sys, sysconfig
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({
    "interpreter": sys.executable, "version": platform.python_version(), "platform": sysconfig.get_platform(),
    "hasVenv": has("venv"), "hasEnsurepip": has("ensurepip"), "hasVirtualenv": has("virtualenv"), "hasPip": has("pip"),
}))`;

const run = promisify(execFile);

// A probe starts a Python, which takes longer than all else before a step; what is installed changes rarely.
const freshMs = 60_000;
const probes = new Map<string, { readonly atMs: number; readonly answer: Promise<Python | undefined> }>();

async function probeOnce(name: string, searchPath: string): Promise<Python | undefined> {
  const key = `${name}\0${searchPath}`;
  const known = probes.get(key);
  if (known !== undefined && performance.now() - known.atMs < freshMs) return await known.answer;
  const answer = probe(name, searchPath);
  probes.set(key, { atMs: performance.now(), answer });
  const python = await answer;
  // Somebody who was told that Python is missing may install it now.
  if (python === undefined) probes.delete(key);
  return python;
}

async function probe(name: string, searchPath: string): Promise<Python | undefined> {
  try {
    const { stdout } = await run(name, ["-I", "-c", probeProgram], {
      env: { PATH: searchPath, LANG: "C.UTF-8" },
      timeout: 20_000,
    });
    return probeSchema.parse(JSON.parse(stdout));
  } catch {
    // Absent, older than these modules, or a stub that offers an app store.
    return undefined;
  }
}

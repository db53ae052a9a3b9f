import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { digestOf } from "#kernel/digest";

const run = promisify(execFile);

/**
 * The `node_modules` of a folder with a package.json and its lock, installed once in the user's cache; a
 * text that says so starts with `no`.
 */
export async function installNodePackages(name: string): Promise<string> {
  const source = join(import.meta.dirname, name);
  const lock = await readFile(join(source, "package-lock.json"));
  const folder = join(homedir(), ".cache", "gyre", "test-packages", digestOf(lock).slice(0, 16));
  if (existsSync(join(folder, "node_modules"))) return join(folder, "node_modules");
  const part = `${folder}.${process.pid}.part`;
  await mkdir(part, { recursive: true });
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      await copyFile(join(source, file), join(part, file));
    }
    // Beside the Node that runs this stands its npm, or else the system's.
    const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: part,
      env: { ...process.env, PATH: path },
      timeout: 180_000,
    });
    await rename(part, folder).catch(() => {});
    return join(folder, "node_modules");
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    return `no packages for ${name}: ${reason}`;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

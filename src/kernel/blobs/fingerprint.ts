import { stat } from "node:fs/promises";

import { systemCode } from "../disk.ts";

/** Changes whenever somebody writes to the file, or puts another in its place; undefined where there is none. */
export async function fingerprintOf(path: string): Promise<string | undefined> {
  try {
    const status = await stat(path, { bigint: true });
    return [status.size, status.mtimeNs, status.ctimeNs, status.ino].join(":");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

import { appendFile, mkdir, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { systemCode } from "#kernel/disk";

export interface LogPart {
  readonly text: string;
  /** Where to read on. */
  readonly nextByte: number;
}

/** The logs of executions: one file for each attempt of a step, and one for the building of the environment. */
export interface Logs {
  pathOf(execution: string, log: LogName): string;
  append(execution: string, log: LogName, text: string): Promise<void>;
  read(execution: string, log: LogName, fromByte: number, maximumBytes?: number): Promise<LogPart>;
}

export type LogName = "environment" | { readonly step: string; readonly attempt: number };

const readAtOnceBytes = 64 * 1024;

export function createLogs(folder: string): Logs {
  const pathOf: Logs["pathOf"] = (execution, log) =>
    join(folder, execution, log === "environment" ? "environment.log" : `${log.step}.${log.attempt}.log`);
  return {
    pathOf,
    async append(execution, log, text) {
      const path = pathOf(execution, log);
      try {
        await appendFile(path, text);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, text);
      }
    },
    async read(execution, log, fromByte, maximumBytes = readAtOnceBytes) {
      const path = pathOf(execution, log);
      const sizeBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
      if (fromByte >= sizeBytes) return { text: "", nextByte: fromByte };
      const file = await open(path, "r");
      try {
        const buffer = Buffer.alloc(Math.min(maximumBytes, sizeBytes - fromByte));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, fromByte);
        const whole = wholeCharacters(buffer.subarray(0, bytesRead));
        return { text: whole.toString("utf8"), nextByte: fromByte + whole.length };
      } finally {
        await file.close();
      }
    },
  };
}

/** Leaves off a character that was cut in two; it comes with the next part. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back && bytes.length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

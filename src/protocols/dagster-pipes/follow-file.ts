import { open } from "node:fs/promises";

/** Reads the lines that a file has gained. */
export interface FollowedFile {
  /** The whole lines since the last time; with `isLast` also what stands behind the last line's end. */
  lines(isLast?: boolean): Promise<readonly string[]>;
}

const readAtOnceBytes = 1_024 * 1_024;

/** A file that does not exist has no lines yet. */
export function followFile(path: string): FollowedFile {
  let position = 0;
  let rest = Buffer.alloc(0);
  return {
    async lines(isLast = false) {
      const found: string[] = [];
      const file = await open(path, "r").catch(() => undefined);
      try {
        const buffer = Buffer.alloc(file === undefined ? 0 : readAtOnceBytes);
        for (;;) {
          const bytesRead = (await file?.read(buffer, 0, buffer.length, position))?.bytesRead ?? 0;
          if (bytesRead === 0) break;
          position += bytesRead;
          rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
          const end = rest.lastIndexOf(0x0a);
          if (end < 0) continue;
          found.push(...rest.subarray(0, end).toString("utf8").split("\n"));
          rest = Buffer.from(rest.subarray(end + 1));
        }
      } finally {
        await file?.close();
      }
      if (isLast && rest.length > 0) {
        found.push(rest.toString("utf8"));
        rest = Buffer.alloc(0);
      }
      return found.filter((line) => line.trim() !== "");
    },
  };
}

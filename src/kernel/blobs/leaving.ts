import { link, mkdir, rename, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Digest } from "../digest.ts";
import { systemCode } from "../disk.ts";
import { namesIn } from "./folders.ts";

/** Removes files that are old, in a way that who stores the same content in that moment loses nothing. */
export interface Leaving {
  /** False when it was stored at or after that time, or is gone. */
  remove(digest: Digest, beforeMs: number): Promise<boolean>;
  /** Puts a file back that was about to go; false when there is none. */
  rescue(digest: Digest): Promise<boolean>;
  /** Puts all of them back: of a collection that was killed. */
  rescueAll(): Promise<void>;
  /** Makes a file young; false when there is none at its place. */
  touch(digest: Digest, nowMs: number): Promise<boolean>;
}

/**
 * Between looking at a file's time and unlinking it somebody may make it young: a server that found the content
 * there, and refers to it from now on. So a file is moved aside first, which takes its name away at one moment,
 * and looked at there. Whoever touched it before the move is seen then, and the file goes back; whoever comes
 * after the move finds no file, and takes it back himself (`rescue`) or stores it anew.
 *
 * A file never has no name at all while it may be needed: it goes back by a link before the other name goes. So
 * a kill at any moment leaves it in one of the two places, and both are looked at.
 */
export function createLeaving(folder: string, pathOf: (digest: Digest) => string): Leaving {
  const aside = join(folder, "leaving");
  const asideOf = (digest: Digest): string => join(aside, digest);
  let isMade: Promise<unknown> | undefined;

  async function rescue(digest: Digest): Promise<boolean> {
    try {
      await link(asideOf(digest), pathOf(digest));
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT") return false;
      if (code !== undefined && noLinks.has(code)) return await moveBack(digest);
      // Stored anew meanwhile: that one is younger.
      if (code !== "EEXIST") throw error;
    }
    await unlink(asideOf(digest)).catch(unlessGone);
    return true;
  }

  /** May take the place of one that was stored anew meanwhile: so it is made as young as that is. */
  async function moveBack(digest: Digest): Promise<boolean> {
    const now = new Date();
    try {
      await utimes(asideOf(digest), now, now);
      await rename(asideOf(digest), pathOf(digest));
      return true;
    } catch (error) {
      unlessGone(error);
      return false;
    }
  }

  return {
    async remove(digest, beforeMs) {
      if (!((await storedAtMs(pathOf(digest))) < beforeMs)) return false;
      await (isMade ??= mkdir(aside, { recursive: true }));
      try {
        await rename(pathOf(digest), asideOf(digest));
      } catch (error) {
        if (systemCode(error) === "ENOENT") return false;
        throw error;
      }
      if (!((await storedAtMs(asideOf(digest))) < beforeMs)) {
        await rescue(digest);
        return false;
      }
      await unlink(asideOf(digest)).catch(unlessGone);
      return true;
    },
    rescue,
    async rescueAll() {
      for (const digest of await namesIn(aside, /^[0-9a-f]{64}$/)) {
        await mkdir(dirname(pathOf(digest)), { recursive: true });
        await rescue(digest);
      }
    },
    async touch(digest, nowMs) {
      const at = new Date(nowMs);
      try {
        await utimes(pathOf(digest), at, at);
        return true;
      } catch (error) {
        if (systemCode(error) === "ENOENT") return false;
        throw error;
      }
    },
  };
}

/** What file systems say that know one name for a file. */
const noLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

function unlessGone(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}

/** Infinitely young when there is none: it cannot be removed. */
async function storedAtMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return Number.POSITIVE_INFINITY;
    throw error;
  }
}

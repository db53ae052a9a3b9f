import type { Digest } from "../digest.ts";
import { digestOfFile } from "./driver.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Condition } from "./index.ts";

/** Tells whether files have the digests they are named by. */
export interface SoundFiles {
  inspect(path: string, digest: Digest): Promise<Condition>;
  /** Of work that changes nothing of a file but its times, which then need not be read again. */
  keepingWhatIsKnown<Result>(path: string, digest: Digest, work: () => Promise<Result>): Promise<Result>;
}

const mostRemembered = 200_000;

/** A file is read once, and again when its size, times or inode are no longer those that were read. */
export function createSoundFiles(): SoundFiles {
  const sound = new Map<Digest, string>();
  return {
    async inspect(path, digest) {
      const status = await fingerprintOf(path);
      if (status === undefined) return "missing";
      if (status === sound.get(digest)) return "sound";
      if ((await digestOfFile(path)) !== digest) {
        sound.delete(digest);
        return "damaged";
      }
      if (sound.size >= mostRemembered) sound.clear();
      sound.set(digest, status);
      return "sound";
    },
    async keepingWhatIsKnown(path, digest, work) {
      const before = await fingerprintOf(path);
      const wasKnown = before !== undefined && before === sound.get(digest);
      const result = await work();
      const after = wasKnown ? await fingerprintOf(path) : undefined;
      if (wasKnown && after !== undefined && withoutTimes(after) === withoutTimes(before))
        sound.set(digest, after);
      return result;
    },
  };
}

function withoutTimes(fingerprint: string): string {
  const [sizeBytes, , , inode] = fingerprint.split(":");
  return `${sizeBytes}:${inode}`;
}

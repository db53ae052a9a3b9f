import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Digest } from "../digest.ts";
import { isYoung } from "./ages.ts";
import {
  createBlobs,
  hashing,
  once,
  partMissing,
  requireNoteName,
  requirePart,
  requireUpload,
} from "./driver.ts";
import type { Blobs, NamedPart, UploadParts } from "./index.ts";

/** Keeps bytes in memory: the specification of a driver, and enough for tests. */
export function createMemoryBlobs(nowMs: () => number = Date.now): Blobs {
  const contents = new Map<Digest, Uint8Array>();
  const storedAtMs = new Map<Digest, number>();
  const notes = new Map<string, Uint8Array>();
  let folder: string | undefined;

  /** Nobody else can remove it meanwhile, so it always can be made young. */
  async function renew(digest: Digest): Promise<boolean> {
    if (!contents.has(digest)) return false;
    if (!isYoung(storedAtMs.get(digest) ?? 0, nowMs())) storedAtMs.set(digest, nowMs());
    return true;
  }

  return createBlobs({
    async store(source, expected) {
      const chunks: Uint8Array[] = [];
      const stored = await hashing(source, expected, (chunk) => void chunks.push(Uint8Array.from(chunk)));
      contents.set(stored.digest, Buffer.concat(chunks));
      storedAtMs.set(stored.digest, nowMs());
      return stored;
    },
    isStored: renew,
    renew,
    sizeOf: async (digest) => contents.get(digest)?.byteLength,
    async open(digest, { offset, length }) {
      const bytes = contents.get(digest);
      if (bytes === undefined) return undefined;
      const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
      return { sizeBytes: bytes.byteLength, chunks: once(part) };
    },
    async localPath(digest) {
      const bytes = contents.get(digest);
      if (bytes === undefined) return undefined;
      folder ??= makeFolderUntilExit();
      const path = join(folder, digest);
      await writeFile(path, bytes);
      return path;
    },
    keepLocal: () => {},
    inspect: async (digest) => (contents.has(digest) ? "sound" : "missing"),
    async *list() {
      for (const [digest, bytes] of contents)
        yield { digest, sizeBytes: bytes.byteLength, storedAtMs: storedAtMs.get(digest) ?? 0 };
    },
    async remove(digest) {
      contents.delete(digest);
    },
    async removeOlder(digests, beforeMs) {
      const old = digests.filter(
        (digest) => contents.has(digest) && (storedAtMs.get(digest) ?? 0) < beforeMs,
      );
      for (const digest of old) contents.delete(digest);
      return old;
    },
    parts: createMemoryParts(),
    notes: {
      read: async (name) => notes.get(requireNoteName(name)),
      write: async (name, bytes) => void notes.set(requireNoteName(name), Uint8Array.from(bytes)),
      list: async (within) => [...notes.keys()].filter((name) => name.startsWith(`${within}/`)).toSorted(),
      remove: async (name) => void notes.delete(name),
    },
  });
}

function createMemoryParts(): UploadParts {
  const uploads = new Map<string, Map<string, Uint8Array>>();
  const nameOf = (part: NamedPart): string => `${requirePart(part).number}-${part.digest}`;
  return {
    async put(upload, number, source) {
      const chunks: Uint8Array[] = [];
      const stored = await hashing(source, undefined, (chunk) => void chunks.push(Uint8Array.from(chunk)));
      const own = uploads.get(requireUpload(upload)) ?? new Map<string, Uint8Array>();
      uploads.set(upload, own.set(nameOf({ number, digest: stored.digest }), Buffer.concat(chunks)));
      return stored;
    },
    async *read(upload, parts) {
      const own = uploads.get(requireUpload(upload));
      const found = parts.map((part) => own?.get(nameOf(part)) ?? partMissing(part));
      for (const bytes of found) if (!(bytes instanceof Uint8Array)) throw bytes;
      for (const bytes of found) if (bytes instanceof Uint8Array) yield bytes;
    },
    async remove(upload) {
      uploads.delete(requireUpload(upload));
    },
  };
}

function makeFolderUntilExit(): string {
  const folder = mkdtempSync(join(tmpdir(), "gyre-blobs-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Digest } from "../digest.ts";
import { createBlobs, hashing, once, partMissing, requirePart, requireUpload } from "./driver.ts";
import type { Blobs, NamedPart, UploadParts } from "./index.ts";

/** Keeps bytes in memory: the specification of a driver, and enough for tests. */
export function createMemoryBlobs(): Blobs {
  const contents = new Map<Digest, Uint8Array>();
  let folder: string | undefined;

  return createBlobs({
    async store(source, expected) {
      const chunks: Uint8Array[] = [];
      const stored = await hashing(source, expected, (chunk) => void chunks.push(Uint8Array.from(chunk)));
      contents.set(stored.digest, Buffer.concat(chunks));
      return stored;
    },
    isStored: async (digest) => contents.has(digest),
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
      for (const [digest, bytes] of contents) yield { digest, sizeBytes: bytes.byteLength };
    },
    async remove(digest) {
      contents.delete(digest);
    },
    parts: createMemoryParts(),
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

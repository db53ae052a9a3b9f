import { openBucket, readS3Settings } from "../s3/index.ts";
import { createDiskBlobs } from "./disk-driver.ts";
import type { Blobs } from "./index.ts";
import { createS3Blobs } from "./s3-driver.ts";

/** Where bytes lie, by its address. */
export interface BlobStore {
  readonly blobs: Blobs;
  /** The folder of this machine that holds files `localPath` names. */
  readonly localFolder: string;
  /** Throws the Problem that would keep the store from working; without `writes` nothing is changed for it. */
  check(options: { readonly writes: boolean }): Promise<void>;
  close(): void;
}

export interface BlobStoreOptions {
  /** The path of a folder, or `s3://bucket/prefix`. */
  readonly location: string;
  /** For copies of what lies in a bucket. */
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  /** Where endpoint and credentials of a bucket are looked for. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Throws `s3_address_invalid`. Nothing is read or sent before the first question. */
export function openBlobs(options: BlobStoreOptions): BlobStore {
  const { location, cacheFolder, cacheBytes, environment } = options;
  if (!location.startsWith("s3://")) {
    const blobs = createDiskBlobs({ folder: location });
    return { blobs, localFolder: location, check: async () => {}, close: () => {} };
  }
  const bucket = openBucket(readS3Settings(location, environment));
  return { ...createS3Blobs({ bucket, cacheFolder, cacheBytes }), localFolder: cacheFolder };
}

import { openBlobs } from "#kernel/blobs";
import type { Config } from "#kernel/config";
import { Problem } from "#kernel/errors";

import type { Finding } from "./examine.ts";

const subject = "bucket";

/** Whether the bucket of the settings answers these credentials. Bytes lie in a folder: nothing to say. */
export async function examineBlobs(config: Config): Promise<readonly Finding[]> {
  if (!config.blobs.startsWith("s3://")) return [];
  try {
    const store = openBlobs({
      location: config.blobs,
      cacheFolder: config.dir,
      cacheBytes: config.blobCacheBytes,
      environment: process.env,
    });
    try {
      await store.check({ writes: false });
    } finally {
      store.close();
    }
    return [{ subject, verdict: "ok", sentence: `${config.blobs} answers these credentials.` }];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ subject, verdict: "fail", sentence: error.message, next: error.next }];
  }
}

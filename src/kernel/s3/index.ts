import type { Digest } from "../digest.ts";

export { openBucket } from "./bucket.ts";
export { readS3Settings } from "./settings.ts";
export type { S3Overrides, S3Settings } from "./settings.ts";
export { addressText, parseBucketAddress } from "./address.ts";
export type { BucketAddress } from "./address.ts";
export { signRequest } from "./signature.ts";
export type { Credentials } from "./signature.ts";

export interface ObjectFacts {
  readonly sizeBytes: number;
  /** The SHA-256 that the server keeps of it, in hex; undefined where it keeps none of the whole. */
  readonly sha256: Digest | undefined;
  /** When it was put last, by the server's clock. */
  readonly modifiedAtMs: number;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface OpenObject {
  /** Of the part that was asked for. */
  readonly sizeBytes: number;
  /**
   * A connection that breaks is taken up again where it broke. Whoever stops early ends the download. Throws
   * `s3_unavailable` when the bytes do not come after all.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Bytes in memory, or a file that does not change meanwhile. */
export type ObjectContent =
  | Uint8Array
  | {
      readonly file: string;
      readonly sizeBytes: number;
      /** Where it is known, the server holds what arrives against it. */
      readonly sha256?: Digest;
    };

/**
 * Objects in a bucket of S3, or of a server that speaks it, below a prefix: keys count from there, with
 * forward slashes. What was put is whole or not there. Requests that fail in passing (5xx, 429, broken
 * connections) are tried again.
 *
 * Every call throws `s3_access_denied`, `s3_bucket_missing`, `s3_credentials_missing`, `s3_failed`,
 * `s3_unavailable`.
 */
export interface Bucket {
  /** `s3://bucket/prefix`, for messages. */
  readonly address: string;
  /** Undefined for what is not there. */
  head(key: string): Promise<ObjectFacts | undefined>;
  /** Undefined for what is not there; `length` bytes from `offset` for a part of it. */
  open(
    key: string,
    part?: { readonly offset: number; readonly length?: number },
  ): Promise<OpenObject | undefined>;
  read(
    key: string,
    part?: { readonly offset: number; readonly length?: number },
  ): Promise<Uint8Array | undefined>;
  /**
   * Large files go in parts, a few of them in memory at a time. With `isNew`, what is there already stays, where the
   * server knows how to keep it; false when it did.
   */
  put(key: string, content: ObjectContent, options?: { readonly isNew?: boolean }): Promise<boolean>;
  /**
   * Has the server put an object again, with this digest, without sending it: it is as if it was put now.
   * `impossible` where the server does not do that, or not of one so large.
   */
  putAgain(key: string, sha256: Digest): Promise<"done" | "absent" | "impossible">;
  /** Everything whose key begins so, sorted, page by page. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Absent objects are removed already. `isSentOnce`: nothing is removed any more once this has answered, or failed. */
  remove(keys: readonly string[], options?: { readonly isSentOnce?: boolean }): Promise<void>;
  /** Ends uploads in parts that began before this time and were never completed: they cost, and nobody sees them. */
  endAbandonedUploads(beforeMs: number): Promise<void>;
  close(): void;
}

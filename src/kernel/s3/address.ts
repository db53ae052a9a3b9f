import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/** A place in a bucket. */
export interface BucketAddress {
  readonly bucket: string;
  /** Before every key, without slashes around it; empty for the whole bucket. */
  readonly prefix: string;
}

/** Reads `s3://bucket/prefix`. Throws `s3_address_invalid`. */
export function parseBucketAddress(text: string): BucketAddress {
  const [, bucket, path] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined) throw invalid(text, "it is not of the form s3://bucket/prefix");
  // Names of other servers are freer than those of AWS, but none holds what would leave its place in an address.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(bucket)) {
    throw invalid(text, "its bucket is no name of letters, digits, dots and hyphens");
  }
  const prefix = (path ?? "").replace(/^\/+|\/+$/g, "");
  const isOdd = (part: string): boolean => part === "" || part === "." || part === "..";
  if (prefix !== "" && prefix.split("/").some(isOdd)) {
    throw invalid(text, "its prefix holds an empty part, `.` or `..`");
  }
  if (hasControlSign(prefix) || prefix.length > 512) {
    throw invalid(text, "its prefix is longer than 512 characters or holds control characters");
  }
  return { bucket, prefix };
}

export function addressText({ bucket, prefix }: BucketAddress): string {
  return `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
}

function hasControlSign(text: string): boolean {
  return [...text].some((sign) => sign < " " || sign === "\u007F");
}

/** Shown without what may stand before an `@`: somebody may have typed a secret there. */
function invalid(text: string, why: string): Problem {
  const shown = text.replace(/^(\w+:\/\/)[^/]*@/, "$1…@").slice(0, 200);
  return new Problem(problems.s3_address_invalid, {
    message: `${JSON.stringify(shown)} is no place in a bucket: ${why}.`,
  });
}

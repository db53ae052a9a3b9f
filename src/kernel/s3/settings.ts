import { readFileSync } from "node:fs";

import { Problem } from "../errors.ts";
import type { BucketAddress } from "./address.ts";
import { parseBucketAddress } from "./address.ts";
import { readAwsFiles } from "./aws-files.ts";
import type { AwsFiles, AwsFilesChoice } from "./aws-files.ts";
import { findCredentials } from "./credentials.ts";
import type { CredentialSource } from "./credentials.ts";
import { problems } from "./problems.ts";
import type { Credentials } from "./signature.ts";

/** Where a bucket is and who asks. */
export interface S3Settings extends BucketAddress {
  readonly endpoint: Endpoint;
  readonly region: string;
  /** Undefined: nobody in particular, requests are not signed. */
  readonly credentials: CredentialSource | undefined;
  /** How the certificate of an https endpoint is checked. */
  readonly tls: { readonly isChecked: boolean; readonly authorities: string | undefined };
}

export interface Endpoint {
  readonly url: URL;
  /** The bucket in the path rather than in the name of the host: so with every server but Amazon's own. */
  readonly isPathStyle: boolean;
}

/** What is said on the spot, and comes before the environment and the user's AWS files. */
export interface S3Overrides extends AwsFilesChoice {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: Credentials | undefined;
  readonly isAnonymous?: boolean;
  readonly isCertificateChecked?: boolean;
}

/**
 * Reads what AWS's own programs read: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`,
 * `AWS_PROFILE`, `AWS_CA_BUNDLE`, the files in `~/.aws`; and credentials as `credentials.ts` says.
 * Throws `s3_address_invalid`.
 */
export function readS3Settings(
  address: string,
  environment: NodeJS.ProcessEnv,
  overrides: S3Overrides = {},
): S3Settings {
  const { bucket, prefix } = parseBucketAddress(address);
  const readFiles = (): AwsFiles => readAwsFiles(environment, overrides);
  const files = readFiles();
  const given = (name: string): string | undefined => environment[name] || undefined;
  const region =
    overrides.region ??
    given("AWS_REGION") ??
    given("AWS_DEFAULT_REGION") ??
    files.config.get("region") ??
    "us-east-1";
  const endpoint =
    overrides.endpoint ??
    given("AWS_ENDPOINT_URL_S3") ??
    given("AWS_ENDPOINT_URL") ??
    files.config.get("endpoint_url");
  const bundle = given("AWS_CA_BUNDLE") ?? files.config.get("ca_bundle");
  return {
    bucket,
    prefix,
    region,
    endpoint: endpoint === undefined ? endpointOfAws(bucket, region) : otherEndpoint(endpoint),
    credentials:
      overrides.isAnonymous === true
        ? undefined
        : findCredentials({ environment, readFiles, region, given: overrides.credentials }),
    tls: {
      isChecked: overrides.isCertificateChecked ?? true,
      authorities: bundle === undefined ? undefined : readFileSync(bundle, "utf8"),
    },
  };
}

/** Amazon's endpoint; a dot in the bucket's name would not fit its certificate. */
export function endpointOfAws(bucket: string, region: string): Endpoint {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const isPathStyle = bucket.includes(".");
  return { url: new URL(`https://${isPathStyle ? "" : `${bucket}.`}s3.${region}.${domain}`), isPathStyle };
}

function otherEndpoint(text: string): Endpoint {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") {
    return { url, isPathStyle: true };
  }
  throw new Problem(problems.s3_address_invalid, {
    message: "The endpoint of the bucket is no http or https address without a name and a password in it.",
    next: "Set AWS_ENDPOINT_URL_S3 to an address such as https://s3.example.org, and the credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  });
}

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { readConfig } from "../formats/config.ts";
import type { Credentials } from "./signature.ts";

export interface S3Settings {
  readonly bucket: string;
  /** Before every key, without slashes around it. */
  readonly prefix: string;
  readonly endpoint: URL;
  /** The bucket in the path rather than in the name of the host. */
  readonly isPathStyle: boolean;
  readonly region: string;
  readonly credentials: Credentials | undefined;
}

/** Where a bucket is and who asks: DVC's settings first, then the environment, then the user's AWS files. */
export function readS3Settings(address: string, settings: ReadonlyMap<string, string>): S3Settings {
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(address) ?? [];
  const profile = settings.get("profile") ?? process.env["AWS_PROFILE"] ?? "default";
  const file = (path: string): ReadonlyMap<string, string> => readAwsFile(path, profile);
  const home = join(homedir(), ".aws");
  const credentialFile = file(
    settings.get("credentialpath") ?? process.env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(home, "credentials"),
  );
  const configFile = file(
    settings.get("configpath") ?? process.env["AWS_CONFIG_FILE"] ?? join(home, "config"),
  );
  const region =
    settings.get("region") ??
    process.env["AWS_REGION"] ??
    process.env["AWS_DEFAULT_REGION"] ??
    configFile.get("region") ??
    "us-east-1";
  const endpoint =
    settings.get("endpointurl") ?? process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"];
  return {
    bucket,
    prefix,
    endpoint: new URL(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`),
    isPathStyle: endpoint !== undefined,
    region,
    credentials:
      settings.get("allow_anonymous_login") === "true" ? undefined : credentialsOf(settings, credentialFile),
  };
}

function credentialsOf(
  settings: ReadonlyMap<string, string>,
  file: ReadonlyMap<string, string>,
): Credentials | undefined {
  const sources = [
    [settings.get("access_key_id"), settings.get("secret_access_key"), settings.get("session_token")],
    [
      process.env["AWS_ACCESS_KEY_ID"],
      process.env["AWS_SECRET_ACCESS_KEY"],
      process.env["AWS_SESSION_TOKEN"],
    ],
    [file.get("aws_access_key_id"), file.get("aws_secret_access_key"), file.get("aws_session_token")],
  ] as const;
  for (const [accessKeyId, secretAccessKey, sessionToken] of sources) {
    if (accessKeyId !== undefined && secretAccessKey !== undefined)
      return { accessKeyId, secretAccessKey, sessionToken };
  }
  return undefined;
}

function readAwsFile(path: string, profile: string): ReadonlyMap<string, string> {
  try {
    const sections = readConfig(path, readFileSync(path, "utf8"));
    return sections.get(profile) ?? sections.get(`profile ${profile}`) ?? new Map();
  } catch {
    return new Map();
  }
}

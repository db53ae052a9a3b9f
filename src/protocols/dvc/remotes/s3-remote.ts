import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import { Problem } from "#kernel/errors";
import { openBucket, readS3Settings } from "#kernel/s3";
import type { S3Overrides } from "#kernel/s3";

import { remoteFailed } from "./remote.ts";
import type { Remote, RemoteObject, RemoteOptions } from "./remote.ts";

/** A remote in a bucket of S3, or of a server that speaks it. */
export function openS3Remote({ name, address, settings, jobs }: RemoteOptions): Remote {
  const self = { name, address };
  const calls = jobs ?? 32;
  const asked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof Problem ? remoteFailed(self, "failed", error) : error;
    }
  };
  let bucket;
  try {
    bucket = openBucket(readS3Settings(address, process.env, overridesOf(settings)), { connections: calls });
  } catch (error) {
    throw error instanceof Problem ? remoteFailed(self, "cannot be opened", error) : error;
  }
  const remote = bucket;
  return {
    name,
    address,
    isReadOnly: false,
    calls,
    has: async (key) => await asked(async () => (await remote.head(key)) !== undefined),
    read: async (key, part) =>
      await asked(async () => {
        const range = part === undefined ? undefined : { offset: part.from, length: part.length };
        const bytes = await remote.read(key, range);
        return bytes === undefined
          ? undefined
          : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }),
    download: async (key, place) =>
      await asked(async () => {
        const opened = await remote.open(key);
        if (opened === undefined) return false;
        await pipeline(opened.chunks, createWriteStream(place, { flags: "wx" }));
        return true;
      }),
    put: async (key, bytes) => await asked(async () => void (await remote.put(key, bytes))),
    upload: async (key, place, sizeBytes) =>
      await asked(async () => void (await remote.put(key, { file: place, sizeBytes }))),
    list: async (prefix) =>
      await asked(async () => {
        const found: RemoteObject[] = [];
        for await (const { key, sizeBytes } of remote.list(prefix)) found.push({ key, sizeBytes });
        return found;
      }),
    remove: async (keys) => await asked(async () => await remote.remove(keys)),
    close: async () => remote.close(),
  };
}

/** DVC's settings of a remote come before the environment and the user's AWS files. */
function overridesOf(settings: ReadonlyMap<string, string>): S3Overrides {
  const [accessKeyId, secretAccessKey] = [settings.get("access_key_id"), settings.get("secret_access_key")];
  return {
    profile: settings.get("profile"),
    credentialsPath: settings.get("credentialpath"),
    configPath: settings.get("configpath"),
    endpoint: settings.get("endpointurl"),
    region: settings.get("region"),
    isAnonymous: settings.get("allow_anonymous_login") === "true",
    isCertificateChecked: settings.get("ssl_verify") !== "false",
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, sessionToken: settings.get("session_token") } }),
  };
}

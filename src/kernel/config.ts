import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { z } from "zod";
import type { ZodType } from "zod";

import { defineProblems, Problem } from "./errors.ts";
import { nearest } from "./nearest.ts";

export const problems = defineProblems({
  setting_invalid: {
    kind: "invalid",
    when: "A flag or an environment variable has a value of the wrong form.",
    next: "Correct the value; `gyre up --print-config` shows every setting and where it comes from.",
  },
  setting_unknown: {
    kind: "invalid",
    when: "An environment variable beginning with GYRE_, or a flag, is not known.",
    next: "Correct its name or remove it; `gyre up --print-config` lists the settings.",
  },
});

interface Setting<Value> {
  /** The name of the flag; absent where the value is a secret that a process list would show. */
  readonly flag?: string;
  readonly variable: string;
  readonly schema: ZodType<Value, string>;
  /** Completes "… must be". */
  readonly expected: string;
  readonly isSecret?: boolean;
}

const list = z.string().transform((text) => text.split(",").flatMap((part) => part.trim() || []));
const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

/** Every setting there is. Defaults stand in `defaultsFor`, because some follow from the folder. */
const settings = {
  dir: setting({
    flag: "--dir",
    variable: "GYRE_DIR",
    schema: z.string().min(1),
    expected: "the path of the folder for the state",
  }),
  host: setting({
    flag: "--host",
    variable: "GYRE_HOST",
    schema: z.string().min(1),
    expected: "an address to listen on",
  }),
  port: setting({
    flag: "--port",
    variable: "GYRE_PORT",
    schema: wholeNumber.pipe(z.number().max(65_535)),
    expected: "a whole number from 0 (any free port) to 65535",
  }),
  gatewayPort: setting({
    flag: "--gateway-port",
    variable: "GYRE_GATEWAY_PORT",
    schema: wholeNumber.pipe(z.number().max(65_535)),
    expected: "a whole number from 0 (any free port) to 65535",
  }),
  auth: setting({
    flag: "--auth",
    variable: "GYRE_AUTH",
    schema: z.enum(["local", "required"]),
    expected: "`local` (loopback acts as this machine's user) or `required` (everybody signs in)",
  }),
  allowedHosts: setting({
    flag: "--allowed-hosts",
    variable: "GYRE_ALLOWED_HOSTS",
    schema: list,
    expected: "names of this server, separated by commas",
  }),
  webhookHosts: setting({
    flag: "--webhook-hosts",
    variable: "GYRE_WEBHOOK_HOSTS",
    schema: list,
    expected: "names of hosts, with or without a port, separated by commas",
  }),
  secretKey: setting({
    variable: "GYRE_SECRET_KEY",
    schema: z.string().min(32),
    expected: "a random text of at least 32 characters",
    isSecret: true,
  }),
  database: setting({
    variable: "GYRE_DATABASE_URL",
    schema: z.string().regex(/^postgres(ql)?:\/\/./),
    expected: "a URL such as postgres://user@host/database",
    isSecret: true,
  }),
  blobs: setting({
    flag: "--blobs",
    variable: "GYRE_BLOBS",
    schema: z.string().regex(/^(s3:\/\/[^/@]+(\/|$)|(?!\w+:\/\/).)/),
    expected: "the path of a folder, or s3://bucket/prefix",
  }),
  blobCacheBytes: setting({
    flag: "--blob-cache",
    variable: "GYRE_BLOB_CACHE",
    schema: z
      .string()
      .regex(/^\d+(\.\d+)?\s*[kMGT]?B$/)
      .transform(bytesOf),
    expected: "a size such as 500MB or 20GB",
  }),
  garbageGraceDays: setting({
    flag: "--garbage-grace",
    variable: "GYRE_GARBAGE_GRACE",
    schema: z
      .string()
      .regex(/^(never|\d{1,5}d)$/)
      .transform((text) => (text === "never" ? null : Number.parseInt(text, 10)))
      .refine((days) => days === null || days >= 2),
    expected: "two days or more, such as 30d, or never",
  }),
  gpus: setting({
    flag: "--gpus",
    variable: "GYRE_GPUS",
    schema: z
      .string()
      .regex(/^(\d{1,4}|\w[\w-]*(,\w[\w-]*)*,?)$/)
      .transform((text) =>
        /^\d+$/.test(text) ? Number(text) : text.split(",").filter((part) => part !== ""),
      ),
    expected: "how many GPUs steps may take (4), or which, with a comma (0,2 or GPU-8932f937,)",
  }),
  compute: setting({
    flag: "--compute",
    variable: "GYRE_COMPUTE",
    schema: z.string().min(1),
    expected: "compute targets as name=address, separated by commas, or the path of a YAML file",
  }),
  url: setting({
    flag: "--url",
    variable: "GYRE_URL",
    schema: z.string().regex(/^https?:\/\/./),
    expected: "the address of a server, such as http://127.0.0.1:7357",
  }),
  token: setting({
    variable: "GYRE_TOKEN",
    schema: z.string().min(1),
    expected: "a token",
    isSecret: true,
  }),
  logLevel: setting({
    flag: "--log-level",
    variable: "GYRE_LOG_LEVEL",
    schema: z.enum(["debug", "info", "warn", "error"]),
    expected: "debug, info, warn or error",
  }),
};

function bytesOf(text: string): number {
  const unit = /[kMGT](?=B)/.exec(text)?.[0] ?? "";
  return Math.round(Number.parseFloat(text) * 1_000 ** " kMGT".indexOf(unit || " "));
}

function setting<Value>(declaration: Setting<Value>): Setting<Value> {
  return declaration;
}

type Values = { readonly [Key in keyof typeof settings]: z.output<(typeof settings)[Key]["schema"]> };
type SettingKey = keyof Values;

/** The settings of a server or a client. Paths are absolute. */
export type Config = Omit<Values, "url" | "token" | "secretKey" | "gpus"> & {
  /** How many GPUs steps of this machine may take, or which; undefined means: those that are found. */
  readonly gpus: Values["gpus"] | undefined;
  /** What stored secrets are encrypted with; undefined means: the key in a file of `dir`. */
  readonly secretKey: string | undefined;
  /** The folder that holds gyre.yaml, when there is one at or above the working folder. */
  readonly projectFolder: string | undefined;
  /** Where a client finds its server; undefined means: look into `dir`. */
  readonly url: string | undefined;
  readonly token: string | undefined;
};

/** One setting as found: for `--print-config`. */
export interface SettingFound {
  readonly key: string;
  readonly value: string;
  /** `default`, `--port`, `GYRE_PORT`, `beside /home/ada/shop/gyre.yaml`. */
  readonly origin: string;
}

export interface ConfigFound {
  readonly config: Config;
  readonly found: readonly SettingFound[];
}

interface ConfigSources {
  /** By key, as typed: `{ port: "0" }`. */
  readonly flags: Readonly<Partial<Record<string, string | undefined>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
}

/**
 * Reads the settings: a flag wins over the environment, that over the default. Throws
 * `setting_unknown` (with the nearest known name) and `setting_invalid`.
 */
export function readConfig(sources: ConfigSources): ConfigFound {
  refuseUnknown(sources);
  const found: SettingFound[] = [];
  const read = <Key extends SettingKey>(key: Key): Values[Key] | undefined => {
    const given = givenValue(key, sources);
    if (given === undefined) return undefined;
    // The table ties each key to its schema; the compiler does not follow that through an index.
    const parsed = settings[key].schema.safeParse(given.text) as { success: boolean; data?: Values[Key] };
    if (!parsed.success) throw invalid(key, given);
    found.push({ key, value: shown(key, given.text), origin: given.origin });
    return parsed.data;
  };
  const otherwise = <Value>(key: SettingKey, value: Value, origin = "default"): Value => {
    const text =
      value === undefined ? "(none)" : Array.isArray(value) ? value.join(",") || "(none)" : String(value);
    found.push({ key, value: text, origin });
    return value;
  };

  const projectFile = findUpwards("gyre.yaml", sources.workingFolder);
  const projectFolder = projectFile === undefined ? undefined : dirname(projectFile);
  const beside = projectFile === undefined ? "default" : `beside ${projectFile}`;
  const chosenFolder =
    read("dir") ?? otherwise("dir", join(projectFolder ?? sources.workingFolder, ".gyre"), beside);
  const dir = resolve(sources.workingFolder, chosenFolder);
  const graceDays = read("garbageGraceDays");
  const config: Config = {
    dir,
    projectFolder,
    host: read("host") ?? otherwise("host", "127.0.0.1"),
    port: read("port") ?? otherwise("port", 7_357),
    gatewayPort: read("gatewayPort") ?? otherwise("gatewayPort", 7_358),
    auth: read("auth") ?? otherwise("auth", "local"),
    allowedHosts: read("allowedHosts") ?? otherwise("allowedHosts", []),
    webhookHosts: read("webhookHosts") ?? otherwise("webhookHosts", []),
    secretKey: read("secretKey") ?? otherwise("secretKey", undefined, `in ${join(dir, "secret.key")}`),
    database: read("database") ?? otherwise("database", join(dir, "gyre.db"), "in dir"),
    blobs: absoluteUnlessUrl(
      read("blobs") ?? otherwise("blobs", join(dir, "blobs"), "in dir"),
      sources.workingFolder,
    ),
    blobCacheBytes: read("blobCacheBytes") ?? otherwise("blobCacheBytes", 10_000_000_000),
    garbageGraceDays: graceDays === undefined ? otherwise("garbageGraceDays", 7) : graceDays,
    gpus: read("gpus") ?? otherwise("gpus", undefined, "those of this machine"),
    compute: read("compute") ?? otherwise("compute", "local"),
    url: read("url")?.replace(/\/+$/, "") ?? otherwise("url", undefined),
    token: read("token") ?? otherwise("token", undefined),
    logLevel: read("logLevel") ?? otherwise("logLevel", "info"),
  };
  return { config, found };
}

/** Every setting with its value and its origin, one line each, secrets hidden. */
export function describeConfig(found: readonly SettingFound[]): string {
  const width = Math.max(...found.map(({ key }) => key.length));
  const valueWidth = Math.max(...found.map(({ value }) => value.length));
  return found
    .map(({ key, value, origin }) => `${key.padEnd(width)}  ${value.padEnd(valueWidth)}  ${origin}`)
    .join("\n");
}

interface GivenValue {
  readonly text: string;
  readonly origin: string;
}

function givenValue(key: SettingKey, sources: ConfigSources): GivenValue | undefined {
  const { flag, variable }: Setting<unknown> = settings[key];
  const typed = sources.flags[key];
  if (flag !== undefined && typed !== undefined) return { text: typed, origin: flag };
  const text = sources.environment[variable];
  // An empty variable is the shell's way of unsetting one for a single command.
  return text === undefined || text === "" ? undefined : { text, origin: variable };
}

function invalid(key: SettingKey, given: GivenValue): Problem {
  return new Problem(problems.setting_invalid, {
    message: `${given.origin} is ${JSON.stringify(shown(key, given.text))}; it must be ${settings[key].expected}.`,
  });
}

function refuseUnknown(sources: ConfigSources): void {
  const flags = Object.keys(sources.flags).find((key) => !(key in settings));
  if (flags !== undefined) throw unknown(flags, Object.keys(settings));
  const variables = Object.values(settings).map(({ variable }) => variable);
  const stray = Object.keys(sources.environment).find(
    (name) => name.startsWith("GYRE_") && !name.startsWith("GYRE_TEST_") && !variables.includes(name),
  );
  if (stray !== undefined) throw unknown(stray, variables);
}

function unknown(name: string, known: readonly string[]): Problem {
  const suggestion = nearest(name, known);
  return new Problem(problems.setting_unknown, {
    message: `There is no setting ${name}.`,
    next:
      suggestion === undefined
        ? `Remove it; the settings are ${known.join(", ")}.`
        : `Did you mean ${suggestion}?`,
  });
}

function shown(key: SettingKey, text: string): string {
  const { isSecret }: Setting<unknown> = settings[key];
  // Where no secret belongs, somebody may have typed one in front of a host all the same.
  if (isSecret !== true) return text.replace(/(:\/\/)[^/]*@/, "$1…@");
  // Of a URL the host is worth knowing and no secret.
  const host = URL.canParse(text) ? new URL(text).host : "";
  return host === "" ? "(hidden)" : `(hidden, at ${host})`;
}

function findUpwards(name: string, folder: string): string | undefined {
  const path = join(resolve(folder), name);
  if (existsSync(path)) return path;
  const parent = dirname(resolve(folder));
  return parent === resolve(folder) ? undefined : findUpwards(name, parent);
}

function absoluteUnlessUrl(location: string, workingFolder: string): string {
  return /^\w+:\/\//.test(location) ? location : resolve(workingFolder, location);
}

import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { parseYaml } from "#kernel/yaml";

import { problems } from "../problems.ts";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "a name of small letters, digits and dashes");
const url = z.string().regex(/^https?:\/\/./, "an address such as http://127.0.0.1:8265");
const serverUrl = url.describe("Where machines of the cluster reach this server.").optional();
const canGrow = z
  .boolean()
  .describe("Whether the cluster makes machines when there are too few.")
  .default(false);

const platform = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9_]+$/, "a system and an architecture such as linux/arm64")
  .describe("What its machines are, where it does not tell by itself.")
  .optional();

const raySchema = z.strictObject({
  kind: z.literal("ray"),
  url: url.describe("Of the dashboard, which answers the Jobs API."),
  token_file: z.string().describe("A file with the token; RAY_AUTH_TOKEN otherwise.").optional(),
  server_url: serverUrl,
  platform,
  can_grow: canGrow,
});

const kubernetesSchema = z.strictObject({
  kind: z.literal("kubernetes"),
  kubeconfig: z
    .string()
    .describe("A file; without it the service account of the pod that Gyre runs in.")
    .optional(),
  context: z.string().optional(),
  namespace: z.string().optional(),
  image: z
    .string()
    .describe("What stages run in that name no image; it must have Python 3.8 or newer.")
    .default("python:3.12-slim"),
  queue: z.string().describe("A local queue of Kueue.").optional(),
  service_account: z.string().optional(),
  preemptible_node_selector: z.record(z.string(), z.string()).default({}),
  preemptible_toleration_keys: z.array(z.string()).default([]),
  server_url: serverUrl,
  platform,
  can_grow: canGrow,
});

const targetSchema = z.discriminatedUnion("kind", [raySchema, kubernetesSchema]);
const fileSchema = z.strictObject({ targets: z.record(name, targetSchema) });

export type RaySettings = z.infer<typeof raySchema>;
export type KubernetesSettings = z.infer<typeof kubernetesSchema>;
export type TargetSettings = { readonly name: string } & (RaySettings | KubernetesSettings);

/**
 * Reads what GYRE_COMPUTE says: targets as `name=address` separated by commas, or the path of a YAML file.
 * `local`, this machine, is always there and need not be named. Throws `target_invalid`.
 */
export function readTargetSettings(text: string, workingFolder: string): readonly TargetSettings[] {
  if (/\.ya?ml$/.test(text)) return readFileSettings(isAbsolute(text) ? text : resolve(workingFolder, text));
  const found = text.split(",").flatMap((part) => {
    const entry = part.trim();
    return entry === "" || entry === "local" ? [] : [readEntry(entry)];
  });
  refuseTwice(found);
  return found;
}

/** `ray=http://127.0.0.1:8265`, `cluster=kubernetes:/path/of/kubeconfig?namespace=ml`. */
function readEntry(entry: string): TargetSettings {
  const equals = entry.indexOf("=");
  const [key, address] = [entry.slice(0, equals), entry.slice(equals + 1)];
  const isNamed = equals > 0 && name.safeParse(key).success && key !== "local";
  if (!isNamed || !URL.canParse(address)) throw invalid(entry, "expected name=address");
  const parsed = new URL(address);
  const options = Object.fromEntries(
    [...parsed.searchParams].map(([option, value]) => [
      option,
      option === "can_grow" ? value === "true" : value,
    ]),
  );
  const declared =
    parsed.protocol === "kubernetes:"
      ? { kind: "kubernetes", ...(parsed.pathname === "" ? {} : { kubeconfig: parsed.pathname }), ...options }
      : { kind: "ray", url: `${parsed.origin}${parsed.pathname}`, ...options };
  const read = targetSchema.safeParse(declared);
  if (read.success) return { name: key, ...read.data };
  const issue = read.error.issues[0];
  throw invalid(entry, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not known"}`);
}

function readFileSettings(path: string): readonly TargetSettings[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem(problems.target_invalid, {
      message: `The file ${path} that GYRE_COMPUTE names cannot be read.`,
      cause,
    });
  }
  const { value } = parseYaml(text, { file: path, schema: fileSchema, problem: problems.target_invalid });
  return Object.entries(value.targets).map(([key, target]) => ({ name: key, ...target }));
}

function refuseTwice(found: readonly TargetSettings[]): void {
  const twice = found.find((one, index) => found.findIndex((other) => other.name === one.name) !== index);
  if (twice !== undefined) throw invalid(twice.name, "the name is given twice");
}

function invalid(entry: string, why: string): Problem {
  return new Problem(problems.target_invalid, {
    message: `GYRE_COMPUTE names "${entry}", which is no compute target: ${why}.`,
  });
}

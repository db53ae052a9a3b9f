import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { parseYaml } from "#kernel/yaml";

import { problems } from "../../problems.ts";
import type { KubernetesSettings } from "../settings.ts";

/** How an API server is reached, and as whom. */
export interface Connection {
  readonly server: string;
  readonly namespace: string;
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Read anew for each call: such tokens are replaced while they are used. */
  token?(): string;
}

const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads a kubeconfig (client certificates and tokens, as data or files), or takes the service account of the
 * pod this server runs in. Throws `target_invalid` for what is not there, and for credentials that a
 * program must fetch (`exec`), which would run whatever the file says.
 */
export function readConnection(
  settings: KubernetesSettings & { readonly name: string },
  variables: Readonly<Record<string, string | undefined>>,
): Connection {
  const host = variables["KUBERNETES_SERVICE_HOST"];
  if (settings.kubeconfig === undefined && host !== undefined) return inCluster(settings, host, variables);
  const path = settings.kubeconfig ?? variables["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
  return fromFile(settings, resolve(path));
}

function inCluster(
  settings: KubernetesSettings,
  host: string,
  variables: Readonly<Record<string, string | undefined>>,
): Connection {
  const at = (file: string): string => readFileSync(join(accountFolder, file), "utf8");
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return {
    server: `https://${bracketed}:${variables["KUBERNETES_SERVICE_PORT"] ?? "443"}`,
    namespace: settings.namespace ?? at("namespace").trim(),
    ca: at("ca.crt"),
    token: () => at("token").trim(),
  };
}

const fileSchema = z.object({
  "current-context": z.string().optional(),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        "certificate-authority": z.string().optional(),
        "certificate-authority-data": z.string().optional(),
      }),
    }),
  ),
  contexts: z.array(
    z.object({
      name: z.string(),
      context: z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().optional(),
        tokenFile: z.string().optional(),
        "client-certificate": z.string().optional(),
        "client-certificate-data": z.string().optional(),
        "client-key": z.string().optional(),
        "client-key-data": z.string().optional(),
        exec: z.unknown().optional(),
      }),
    }),
  ),
});

function fromFile(settings: KubernetesSettings & { readonly name: string }, path: string): Connection {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(settings.name, `its kubeconfig ${path} cannot be read`, cause);
  }
  const { value } = parseYaml(text, { file: path, schema: fileSchema, problem: problems.target_invalid });
  const contextName = settings.context ?? value["current-context"];
  const context = value.contexts.find((one) => one.name === contextName)?.context;
  const cluster = value.clusters.find((one) => one.name === context?.cluster)?.cluster;
  const user = value.users.find((one) => one.name === context?.user)?.user;
  if (context === undefined || cluster === undefined || user === undefined)
    throw invalid(settings.name, `${path} has no whole context "${contextName ?? ""}"`);
  if (user.exec !== undefined)
    throw invalid(settings.name, `${path} gets its credentials from a program, which is not run here`);
  const read = (data: string | undefined, file: string | undefined): Buffer | undefined => {
    if (data !== undefined) return Buffer.from(data, "base64");
    return file === undefined ? undefined : readFileSync(resolve(dirname(path), file));
  };
  const ca = read(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const cert = read(user["client-certificate-data"], user["client-certificate"]);
  const key = read(user["client-key-data"], user["client-key"]);
  const { token, tokenFile } = user;
  const readToken =
    tokenFile === undefined
      ? token === undefined
        ? undefined
        : () => token
      : () => readFileSync(resolve(dirname(path), tokenFile), "utf8").trim();
  return {
    server: cluster.server,
    namespace: settings.namespace ?? context.namespace ?? "default",
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(readToken === undefined ? {} : { token: readToken }),
  };
}

function invalid(name: string, why: string, cause?: unknown): Problem {
  return new Problem(problems.target_invalid, {
    message: `The compute target "${name}" cannot be used: ${why}.`,
    next: "Write a kubeconfig with a token or a client certificate, and name it in GYRE_COMPUTE.",
    ...(cause === undefined ? {} : { cause }),
  });
}

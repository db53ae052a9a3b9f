import { readFile } from "node:fs/promises";

import { z } from "zod";

import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";
import { queryText } from "./signature.ts";
import type { Credentials } from "./signature.ts";
import { textIn } from "./xml.ts";

export interface PassingCredentials {
  readonly credentials: Credentials;
  /** Undefined for those that stay. */
  readonly expiresAtMs: number | undefined;
}

/**
 * The credentials of a role for the token in `AWS_WEB_IDENTITY_TOKEN_FILE`, as Kubernetes gives one to a
 * pod (AssumeRoleWithWebIdentity of AWS's Security Token Service).
 */
export async function askWithWebIdentity(
  environment: NodeJS.ProcessEnv,
  region: string,
): Promise<PassingCredentials | undefined> {
  const file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"];
  const role = environment["AWS_ROLE_ARN"];
  if (!file || !role) return undefined;
  const endpoint =
    environment["AWS_ENDPOINT_URL_STS"] ??
    environment["AWS_ENDPOINT_URL"] ??
    `https://sts.${region}.amazonaws.com`;
  const answer = await ask(`the Security Token Service at ${new URL(endpoint).host}`, endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: queryText({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: role,
      RoleSessionName: environment["AWS_ROLE_SESSION_NAME"] ?? "gyre",
      WebIdentityToken: (await readFile(file, "utf8")).trim(),
    }),
  });
  return {
    credentials: {
      accessKeyId: textIn(answer, "AccessKeyId") ?? "",
      secretAccessKey: textIn(answer, "SecretAccessKey") ?? "",
      sessionToken: textIn(answer, "SessionToken"),
    },
    expiresAtMs: Date.parse(textIn(answer, "Expiration") ?? ""),
  };
}

/** The credentials of a container's task or of an EKS pod identity. */
export async function askContainer(environment: NodeJS.ProcessEnv): Promise<PassingCredentials | undefined> {
  const relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const url = relative
    ? `http://169.254.170.2${relative}`
    : environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (!url) return undefined;
  const file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = file
    ? (await readFile(file, "utf8")).trim()
    : environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
  const headers = token ? { authorization: token } : {};
  return readAnswer(await ask("the container's credentials", url, { headers }));
}

/** The credentials of a machine in Amazon's cloud (the second version of its metadata service); undefined elsewhere. */
export async function askInstance(environment: NodeJS.ProcessEnv): Promise<PassingCredentials | undefined> {
  if (environment["AWS_EC2_METADATA_DISABLED"] === "true") return undefined;
  const place = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || "http://169.254.169.254";
  const base = `${place.replace(/\/+$/, "")}/latest`;
  // Any machine but those has nobody at this address.
  const get = async (url: string, init: RequestInit): Promise<string | undefined> => {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    return answer?.ok === true ? await answer.text() : undefined;
  };
  const token = await get(`${base}/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "300" },
  });
  if (token === undefined) return undefined;
  const headers = { "x-aws-ec2-metadata-token": token };
  const roles = `${base}/meta-data/iam/security-credentials/`;
  const role = (await get(roles, { headers }))?.split("\n")[0]?.trim();
  const answer = role ? await get(`${roles}${role}`, { headers }) : undefined;
  return answer === undefined ? undefined : readAnswer(answer);
}

const answerSchema = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.string(),
});

function readAnswer(text: string): PassingCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = answerSchema.parse(JSON.parse(text));
  return {
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
    expiresAtMs: Date.parse(Expiration),
  };
}

async function ask(what: string, url: string, init: RequestInit): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  } catch (cause) {
    throw refused(`${what} cannot be reached`, cause);
  }
  const text = await answer.text();
  if (answer.ok) return text;
  throw refused(
    `${what} answered ${answer.status}${textIn(text, "Message") ? `: ${textIn(text, "Message")}` : ""}`,
  );
}

function refused(why: string, cause?: unknown): Problem {
  return new Problem(problems.s3_credentials_missing, {
    message: `There are no credentials for the bucket: ${why}.`,
    next: "Check the role and the token that this machine was given, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    cause,
  });
}

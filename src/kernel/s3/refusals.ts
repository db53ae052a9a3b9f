import type { IncomingMessage } from "node:http";

import { Problem } from "../errors.ts";
import { addressText } from "./address.ts";
import { problems } from "./problems.ts";
import type { Call } from "./request.ts";
import type { S3Settings } from "./settings.ts";
import type { Credentials } from "./signature.ts";
import { textIn } from "./xml.ts";

/** An answer that is not what was asked for. */
export interface Refusal {
  readonly status: number;
  /** S3's own word, such as `NoSuchKey`; empty where the answer had no body. */
  readonly code: string;
  readonly message: string;
  readonly headers: IncomingMessage["headers"];
  /** The region that the server says the bucket is in. */
  readonly region: string | undefined;
}

const longestRead = 64 * 1024;

export async function readRefusal(answer: IncomingMessage): Promise<Refusal> {
  const text = await readText(answer, longestRead);
  const region = answer.headers["x-amz-bucket-region"] ?? textIn(text, "Region");
  return {
    status: answer.statusCode ?? 0,
    code: textIn(text, "Code") ?? "",
    message: textIn(text, "Message") ?? "",
    headers: answer.headers,
    region: typeof region === "string" ? region : undefined,
  };
}

/** The body of an answer, of which only the beginning is kept when it is longer. */
export async function readText(answer: IncomingMessage, longest: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (size < longest) pieces.push(piece);
    size += piece.byteLength;
  }
  return Buffer.concat(pieces).subarray(0, longest).toString("utf8");
}

/** Whether the same request may well succeed in a moment. */
export function isPassing({ status, code }: Refusal): boolean {
  if (status === 501) return false;
  if (status >= 500 || status === 429 || status === 408) return true;
  return ["RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "SlowDown"].includes(code);
}

const badCredentials = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"];

/** What a person can do about a refusal. Nothing of the credentials gets into it. */
export function explainRefusal(
  settings: S3Settings,
  call: Call,
  refusal: Refusal,
  credentials: Credentials | undefined,
): Problem {
  const { status, code } = refusal;
  const place = addressText(settings);
  const server = settings.endpoint.url.host;
  const reason = withoutCredentials(
    [refusal.message, code && `(${code})`].filter(Boolean).join(" "),
    credentials,
  );
  const said = reason === "" ? String(status) : `${status}, ${reason}`;
  const data = { place, server, status, ...(code === "" ? {} : { code }) };
  if (code === "NoSuchBucket") {
    return new Problem(problems.s3_bucket_missing, {
      message: `There is no bucket ${settings.bucket} at ${server}.`,
      next: `Check the name and the endpoint, or make the bucket with: aws s3 mb s3://${settings.bucket}`,
      data,
    });
  }
  if (code === "RequestTimeTooSkewed") {
    return new Problem(problems.s3_access_denied, {
      message: `The clock of this machine differs too much from that of ${server}.`,
      next: "Set the clock of this machine, then try again.",
      data,
    });
  }
  if (status === 401 || status === 403 || badCredentials.includes(code)) {
    return new Problem(problems.s3_access_denied, {
      message: badCredentials.includes(code)
        ? `${server} does not take the credentials for ${place}: ${said}.`
        : `${server} does not allow ${wordFor(call)} ${place}: ${said}.`,
      ...(badCredentials.includes(code)
        ? {
            next: "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile; a session may be over.",
          }
        : {}),
      data,
    });
  }
  if (isPassing(refusal)) {
    return new Problem(problems.s3_unavailable, {
      message: `${server} went on answering ${said} to ${wordFor(call)} ${place}.`,
      data,
    });
  }
  return new Problem(problems.s3_failed, {
    message: `${server} refused ${wordFor(call)} ${place}: ${said}.`,
    ...(refusal.region === undefined || status < 300 || status > 400
      ? {}
      : { next: `The bucket is in the region ${refusal.region}: set AWS_REGION to it.` }),
    data,
  });
}

export function explainBreak(settings: S3Settings, call: Call, cause: unknown): Problem {
  const server = settings.endpoint.url.host;
  return new Problem(problems.s3_unavailable, {
    message: `${server} could not be reached, or broke off, for ${wordFor(call)} ${addressText(settings)}: ${reasonOf(cause)}.`,
    data: { place: addressText(settings), server },
    cause,
  });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // A name with two addresses fails with an error of both, which says nothing itself.
  if (cause.message === "" && "code" in cause) return String(cause.code);
  return cause.message;
}

function wordFor({ method, key }: Call): string {
  if (key === undefined) return method === "POST" ? "deleting in" : "listing";
  if (method === "DELETE") return "deleting in";
  return method === "GET" || method === "HEAD" ? "reading" : "writing to";
}

/** A server may repeat what it was sent. */
function withoutCredentials(text: string, credentials: Credentials | undefined): string {
  const secrets = [credentials?.accessKeyId, credentials?.secretAccessKey, credentials?.sessionToken];
  return secrets.reduce<string>((rest, secret) => (secret ? rest.replaceAll(secret, "…") : rest), text);
}

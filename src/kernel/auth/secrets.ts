import { createHash, randomBytes } from "node:crypto";

import type { Digest } from "../digest.ts";

/** A secret is shown once, at its creation; only the digest is stored. */
export interface NewSecret {
  readonly secret: string;
  readonly digest: Digest;
}

// 256 random bits need no slow hash: there is nothing to guess.
const secretBytes = 32;
const secretForm = /^(gyre|gyres)_[A-Za-z0-9_-]{43}$/;

/** Makes a token (`gyre_…`) or the secret of a browser session (`gyres_…`). */
export function createSecret(prefix: "gyre" | "gyres" = "gyre"): NewSecret {
  const secret = `${prefix}_${randomBytes(secretBytes).toString("base64url")}`;
  return { secret, digest: digestOfSecret(secret) };
}

export function digestOfSecret(secret: string): Digest {
  return createHash("sha256").update(secret).digest("hex");
}

/** Whether a text has the form of a secret of ours, so that a typing error costs no query. */
export function hasSecretForm(text: string): boolean {
  return secretForm.test(text);
}

/** What an `Authorization` header shows: a token, or a name with a password. */
export type Shown = { readonly token: string } | { readonly name: string; readonly password: string };

/**
 * Reads an `Authorization` header: the token of `Bearer`, and of `Basic` a name with a password or, in its
 * place, a token (an MLflow client with a user name and a password sends that). Undefined when the header
 * has another form.
 */
export function readAuthorization(header: string): Shown | undefined {
  const [scheme, value] = header.trim().split(/\s+/, 2);
  if (value === undefined) return undefined;
  if (/^bearer$/i.test(scheme ?? "")) return { token: value };
  if (!/^basic$/i.test(scheme ?? "")) return undefined;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon === -1) return undefined;
  const password = pair.slice(colon + 1);
  return hasSecretForm(password) ? { token: password } : { name: pair.slice(0, colon), password };
}

export const sessionCookie = "gyre_session";

/** The session's secret in a `Cookie` header. */
export function secretOfCookie(header: string): string | undefined {
  for (const pair of header.split(";")) {
    const [name, value] = pair.split("=", 2);
    if (name?.trim() === sessionCookie) return value?.trim();
  }
  return undefined;
}

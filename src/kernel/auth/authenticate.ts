import type { Clock } from "../clock.ts";
import { minuteMs } from "../clock.ts";
import type { Digest } from "../digest.ts";
import { Problem } from "../errors.ts";
import type { Principal } from "./principal.ts";
import { problems } from "./problems.ts";
import { createPasswordChecks, usualCost } from "./passwords.ts";
import type { PasswordStore } from "./passwords.ts";
import { digestOfSecret, hasSecretForm, readAuthorization, secretOfCookie } from "./secrets.ts";

/** What a request shows of who sent it. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly remoteAddress: string;
  /** Whether a proxy passed the request on; then the loopback address says nothing about the sender. */
  readonly forwarded: boolean;
}

/** Resolves to undefined when there are no credentials; throws `token_invalid` when they are wrong. */
export type Authenticate = (credentials: Credentials) => Promise<Principal | undefined>;

/** A token or session as stored. */
export interface KnownSecret {
  readonly id: string;
  readonly principal: Principal;
  readonly expiresAtMs: number | null;
}

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** Drops a revoked secret from the cache of this process. */
  forget(digest: Digest): void;
  /** Drops everything: after a principal changed. */
  forgetAll(): void;
}

interface AuthenticatorParts {
  readonly clock: Clock;
  findSecret(digest: Digest): Promise<KnownSecret | undefined>;
  /** Called at most once in ten minutes per secret. */
  recordUse(id: string, atMs: number): Promise<void>;
  /** Local mode: whom a loopback request without credentials acts as. Absent: it is nobody. */
  readonly localPrincipal?: () => Promise<Principal>;
  /** Absent: nobody has a password. */
  readonly findPassword?: PasswordStore;
  /** Of the hashes of passwords; the usual one unless told. */
  readonly passwordCost?: number;
}

interface Remembered {
  readonly known: KnownSecret;
  readonly rememberedAtMs: number;
}

// In real time, not by the injected clock: it bounds how long another process's revocation goes unseen.
const rememberMs = 5_000;
const maximumRemembered = 10_000;
const recordUseEveryMs = 10 * minuteMs;

export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const remembered = new Map<Digest, Remembered>();
  const usedAtMs = new Map<string, number>();
  const passwords = createPasswordChecks({
    find: parts.findPassword ?? (async () => undefined),
    cost: parts.passwordCost ?? usualCost,
  });

  async function find(secret: string): Promise<KnownSecret | undefined> {
    if (!hasSecretForm(secret)) return undefined;
    const digest = digestOfSecret(secret);
    const nowMs = performance.now();
    const entry = remembered.get(digest);
    if (entry !== undefined && nowMs - entry.rememberedAtMs < rememberMs) return entry.known;
    const known = await parts.findSecret(digest);
    remembered.delete(digest);
    if (known === undefined) return undefined;
    if (remembered.size >= maximumRemembered) remembered.clear();
    remembered.set(digest, { known, rememberedAtMs: nowMs });
    return known;
  }

  async function use(known: KnownSecret): Promise<Principal> {
    // Of what was lent for an hour nobody asks later when it was used.
    if (known.principal.bounds !== undefined) return known.principal;
    const nowMs = parts.clock.nowMs();
    const lastMs = usedAtMs.get(known.id);
    if (lastMs === undefined || nowMs - lastMs >= recordUseEveryMs) {
      usedAtMs.set(known.id, nowMs);
      await parts.recordUse(known.id, nowMs);
    }
    return known.principal;
  }

  const isExpired = (known: KnownSecret): boolean =>
    known.expiresAtMs !== null && known.expiresAtMs <= parts.clock.nowMs();

  async function byHeader(header: string): Promise<Principal> {
    const shown = readAuthorization(header);
    if (shown === undefined) {
      throw new Problem(problems.token_invalid, {
        message:
          "The Authorization header is neither `Bearer <token>` nor `Basic` with a name and a password.",
      });
    }
    if ("password" in shown) return await passwords.check(shown.name, shown.password);
    const known = await find(shown.token);
    if (known === undefined) {
      throw new Problem(problems.token_invalid, {
        message: "This token is unknown here, or it was revoked.",
      });
    }
    if (isExpired(known))
      throw new Problem(problems.token_invalid, { message: `The token ${known.id} has expired.` });
    return await use(known);
  }

  /** A stale cookie is no error: the browser sends it by itself, and the sign-in page must still load. */
  async function bySession(header: string): Promise<Principal | undefined> {
    const secret = secretOfCookie(header);
    const known = secret === undefined ? undefined : await find(secret);
    return known === undefined || isExpired(known) ? undefined : await use(known);
  }

  return {
    async authenticate(credentials) {
      if (credentials.authorization !== undefined) return await byHeader(credentials.authorization);
      const inSession = credentials.cookie === undefined ? undefined : await bySession(credentials.cookie);
      if (inSession !== undefined) return inSession;
      const isLocal = isLoopback(credentials.remoteAddress) && !credentials.forwarded;
      return isLocal ? await parts.localPrincipal?.() : undefined;
    },
    forget: (digest) => void remembered.delete(digest),
    forgetAll() {
      remembered.clear();
      passwords.forgetAll();
    },
  };
}

/** Whether an address or a host name to bind to is reachable from this machine only. */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/^::ffff:/i, "").replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

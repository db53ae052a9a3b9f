import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

import { Problem } from "../errors.ts";
import type { Principal } from "./principal.ts";
import { problems } from "./problems.ts";

/** A password as stored: whose it is, and what `hashPassword` made of it. */
export interface KeptPassword {
  readonly hash: string;
  readonly principal: Principal;
}

/** Finds the password of a name. */
export type PasswordStore = (name: string) => Promise<KeptPassword | undefined>;

interface Verified {
  readonly hash: string;
  readonly principal: Principal;
  readonly askedAtMs: number;
}

/**
 * The logarithm of scrypt's cost. 15, three times over 32 MiB, takes a fifth of a second, also for whoever
 * guesses; it is kept with every hash, so that it can be raised.
 */
export const usualCost = 15;
const keyBytes = 32;
const form = /^scrypt\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

/** As long as a token is remembered: it bounds how long another process's change goes unseen. */
const rememberMs = 5_000;
const mostRemembered = 10_000;
const mostHashingAtOnce = 2;

/** What is stored of a password: a slow hash with its salt. */
export async function hashPassword(password: string, cost: number): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt$${cost}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

/** Whether a password is the one that was hashed. */
export async function isPasswordRight(password: string, hash: string): Promise<boolean> {
  const [, cost = "", salt = "", key = ""] = form.exec(hash) ?? [];
  const wanted = Buffer.from(key, "base64url");
  const given = await derive(password, Buffer.from(salt, "base64url"), Number(cost));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/**
 * Checks passwords, each slowly once: afterwards the pair is known by a keyed digest in memory, and only
 * the stored hash is looked at again every five seconds, so that a request costs next to nothing and a
 * changed password ends what the old one had opened.
 *
 * A name that does not exist takes as long as a wrong password, and no more than two are hashed at a time.
 */
export function createPasswordChecks({
  find,
  cost,
}: {
  readonly find: PasswordStore;
  /** Of the stored hashes: a name that does not exist takes as long. */
  readonly cost: number;
}): {
  /** Throws `password_wrong`. */
  check(name: string, password: string): Promise<Principal>;
  /** Looks at every stored hash again at its next use. */
  forgetAll(): void;
} {
  const verified = new Map<string, Verified>();
  const memoryKey = randomBytes(32);
  const inTurn = createTurns(mostHashingAtOnce);
  let nobodys: Promise<string> | undefined;

  const isRight = (password: string, { hash }: Pick<KeptPassword, "hash">): Promise<boolean> =>
    inTurn(() => isPasswordRight(password, hash));

  async function decoy(): Promise<Pick<KeptPassword, "hash">> {
    return { hash: await (nobodys ??= hashPassword(randomBytes(16).toString("hex"), cost)) };
  }

  async function check(name: string, password: string): Promise<Principal> {
    const pair = createHmac("sha256", memoryKey)
      .update(JSON.stringify([name, password]))
      .digest("base64");
    const nowMs = performance.now();
    const before = verified.get(pair);
    if (before !== undefined && nowMs - before.askedAtMs < rememberMs) return before.principal;
    const kept = await find(name);
    const isVerified = kept !== undefined && kept.hash === before?.hash;
    if (kept === undefined || !(isVerified || (await isRight(password, kept)))) {
      if (kept === undefined) await isRight(password, await decoy());
      verified.delete(pair);
      throw wrong();
    }
    if (verified.size >= mostRemembered) verified.clear();
    verified.set(pair, { ...kept, askedAtMs: nowMs });
    return kept.principal;
  }

  return {
    check,
    forgetAll() {
      for (const [pair, one] of verified) verified.set(pair, { ...one, askedAtMs: Number.NEGATIVE_INFINITY });
    },
  };
}

function wrong(): Problem {
  return new Problem(problems.password_wrong, { message: "The name or the password is wrong." });
}

/** Lets so many run at once; the others wait. */
function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

async function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options = { N: 2 ** cost, r: 8, p: 3, maxmem: 2 ** (cost + 11) };
  return await new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

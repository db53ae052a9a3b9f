import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/**
 * Addresses that carry their own permission: MLflow's clients send parts of an upload, and fetch parts of
 * a download, without signing in, to an address they got from a call for which they did.
 *
 * A permit says what it is for, ends by itself, and is signed with a key that no one else has and that
 * ends with the process; so a restart refuses the permits given before, and clients ask for new ones.
 */
export interface Permits {
  /** `parts` are texts without a dot. */
  give(kind: string, parts: readonly string[], lifeMs: number): string;
  /** The parts. Throws `mlflow_permit_invalid`. */
  check(kind: string, permit: string): readonly string[];
}

export function createPermits(clock: Clock): Permits {
  const key = randomBytes(32);
  const sign = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    give(kind, parts, lifeMs) {
      const text = [kind, ...parts, String(clock.nowMs() + lifeMs)].join(".");
      return `${text}.${sign(text).toString("base64url")}`;
    },
    check(kind, permit) {
      const end = permit.lastIndexOf(".");
      const text = permit.slice(0, Math.max(0, end));
      const given = Buffer.from(permit.slice(end + 1), "base64url");
      const [found, ...rest] = text.split(".");
      const signature = sign(text);
      const isOurs = given.length === signature.length && timingSafeEqual(given, signature);
      if (!isOurs || found !== kind) throw refused("was not given by this server since it started");
      if (Number(rest.at(-1)) < clock.nowMs()) throw refused("has ended");
      return rest.slice(0, -1);
    },
  };
}

function refused(reason: string): Problem {
  return new Problem(problems.mlflow_permit_invalid, { message: `The permit in this address ${reason}.` });
}

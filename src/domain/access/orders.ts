import { authProblems, createSecret, digestOfSecret } from "#kernel/auth";
import type { Clock } from "#kernel/clock";
import { dayMs } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";

import type { AccessCommands, RoleOrder } from "./commands.ts";
import type { PrincipalRecord, TokenRecord } from "./index.ts";
import { createPassOrders } from "./pass-orders.ts";
import { createPasswordOrder, hashChosen } from "./password-orders.ts";
import { savePassword } from "./password-store.ts";
import { problems } from "./problems.ts";
import * as store from "./store.ts";
import { createThingOrders } from "./thing-orders.ts";

interface OrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly passwordCost: number;
  /** Drops what this process remembers of grants and secrets. */
  forget(): void;
  /** Drops what this process remembers of one secret. */
  forgetSecret(digest: Digest): void;
  /** Drops what this process remembers of grants alone. */
  forgetHoldings(): void;
}

const sessionLengthMs = 30 * dayMs;

export function createOrders(parts: OrderParts): AccessCommands {
  const { db, ledger, clock } = parts;

  async function requirePrincipal(id: string): Promise<PrincipalRecord> {
    const principal = await store.readPrincipal(db, id);
    if (principal !== undefined) return principal;
    throw new Problem(problems.principal_not_found, { message: `There is no person or service ${id}.` });
  }

  async function requireToken(id: string): Promise<TokenRecord> {
    const token = await store.readToken(db, id);
    if (token !== undefined) return token;
    throw new Problem(problems.token_not_found, { message: `There is no token ${id}.` });
  }

  /** Somebody must always be able to decide about access, or the server is lost to everybody. */
  async function refuseLastOwner(order: RoleOrder): Promise<void> {
    if (order.role !== "owner" || order.project !== null) return;
    const owners = (await store.listGrantsIn(db, null)).filter(({ grant }) => grant.role === "owner");
    if (owners.length !== 1 || owners[0]?.principal.id !== order.principal) return;
    throw new Problem(problems.last_owner, {
      message: `${owners[0].principal.name} is the only owner everywhere.`,
    });
  }

  async function grantRole({ principal, role, project, actor }: RoleOrder): Promise<void> {
    await db.transaction(async () => {
      await requirePrincipal(principal);
      if (!(await store.insertGrant(db, principal, { role, project }))) return;
      await ledger.append({ kind: "role.granted", subject: principal, project, actor, data: { role } });
      db.afterCommit(parts.forgetHoldings);
    });
  }

  return {
    ...createThingOrders({ ...parts, requirePrincipal }),
    ...createPassOrders(parts),
    setPassword: createPasswordOrder({ ...parts, requirePrincipal }),

    async removePrincipal({ principal: id, actor }) {
      await db.transaction(async () => {
        const { name } = await requirePrincipal(id);
        await refuseLastOwner({ principal: id, role: "owner", project: null, actor });
        const nowMs = clock.nowMs();
        await store.deleteCredentials(db, id, nowMs);
        await store.markRemoved(db, id, `${name} (removed ${id.slice(-6)})`, nowMs);
        await ledger.append({
          kind: "principal.removed",
          subject: id,
          project: null,
          actor,
          data: { name },
        });
        db.afterCommit(parts.forget);
      });
    },

    async addPrincipal({ name, kind, grant, password, actor }) {
      const principal = { id: createId("principal", clock), name, kind, createdAtMs: clock.nowMs() };
      const hash = password === undefined ? undefined : await hashChosen(password, name, parts.passwordCost);
      await db.transaction(async () => {
        if (!(await store.insertPrincipal(db, principal))) {
          throw new Problem(problems.principal_exists, {
            message: `There is a person or service named ${name} already.`,
          });
        }
        await ledger.append({
          kind: "principal.added",
          subject: principal.id,
          project: null,
          actor,
          data: { name, kind },
        });
        if (hash !== undefined) {
          await savePassword(db, principal.id, hash, principal.createdAtMs);
          const data = { first: true };
          await ledger.append({ kind: "password.set", subject: principal.id, project: null, actor, data });
        }
        if (grant !== undefined) await grantRole({ principal: principal.id, ...grant, actor });
      });
      return principal;
    },

    grantRole,

    async revokeRole(order) {
      const { principal, role, project, actor } = order;
      await db.transaction(async () => {
        await requirePrincipal(principal);
        await refuseLastOwner(order);
        if (!(await store.deleteGrant(db, principal, { role, project }))) return;
        await ledger.append({ kind: "role.revoked", subject: principal, project, actor, data: { role } });
        db.afterCommit(parts.forgetHoldings);
      });
    },

    async issueToken({ principal, label, expiresAtMs, actor }) {
      const nowMs = clock.nowMs();
      if (expiresAtMs !== null && expiresAtMs <= nowMs) {
        throw new Problem(problems.token_expiry_past, {
          message: `The token would have expired at ${new Date(expiresAtMs).toISOString()}.`,
        });
      }
      const { secret, digest } = createSecret();
      const token: TokenRecord = {
        id: createId("token", clock),
        principal,
        label,
        createdAtMs: nowMs,
        expiresAtMs,
        lastUsedAtMs: null,
        revokedAtMs: null,
      };
      await db.transaction(async () => {
        await requirePrincipal(principal);
        await store.insertToken(db, token, digest);
        await ledger.append({
          kind: "token.issued",
          subject: token.id,
          project: null,
          actor,
          data: { principal, label, expiresAtMs },
        });
      });
      return { token, secret };
    },

    async revokeToken({ token, actor }) {
      await db.transaction(async () => {
        const { principal } = await requireToken(token);
        if (!(await store.endToken(db, token, clock.nowMs()))) return;
        await ledger.append({
          kind: "token.revoked",
          subject: token,
          project: null,
          actor,
          data: { principal },
        });
        db.afterCommit(parts.forget);
      });
    },

    async signIn(tokenSecret) {
      const nowMs = clock.nowMs();
      const known = await store.findTokenSecret(db, digestOfSecret(tokenSecret));
      if (known === undefined || (known.expiresAtMs !== null && known.expiresAtMs <= nowMs)) {
        throw new Problem(authProblems.token_invalid, {
          message: "This token is unknown here, revoked or expired.",
        });
      }
      const { secret, digest } = createSecret("gyres");
      const expiresAtMs = Math.min(nowMs + sessionLengthMs, known.expiresAtMs ?? Number.POSITIVE_INFINITY);
      await db.transaction(async () => {
        await store.deleteExpiredSessions(db, nowMs);
        await store.insertSession(db, { digest, token: known.id, expiresAtMs });
      });
      const principal = await requirePrincipal(known.principal.id);
      return { secret, expiresAtMs, lengthMs: expiresAtMs - nowMs, principal };
    },

    async signOut(sessionSecret) {
      await store.deleteSession(db, digestOfSecret(sessionSecret));
      parts.forget();
    },
  };
}

import { userInfo } from "node:os";

import { authProblems, createAuthenticator, isPasswordRight, usualPasswordCost } from "#kernel/auth";
import type { Bounds, Permission, Principal } from "#kernel/auth";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";

import type { Access, PrincipalRecord } from "./index.ts";
import { isWithin } from "./bounds.ts";
import { createOrders } from "./orders.ts";
import { findPassword, hasOwnerPassword } from "./password-store.ts";
import { findPassSecret } from "./pass-store.ts";
import { problems } from "./problems.ts";
import { holds, outsideProjects, rolesWith } from "./roles.ts";
import { createRoutes } from "./routes.ts";
import * as store from "./store.ts";
import { listThingGrants } from "./thing-store.ts";
import { allows } from "./things.ts";
import type { Holdings } from "./things.ts";

interface AccessParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** `local`: a loopback request without credentials acts as the user of this machine. `required`: everybody signs in. */
  readonly mode: "local" | "required";
  /** The user of this machine; asked of the operating system unless told. */
  readonly userName?: string;
  /** What hashing a password costs; the usual unless told. */
  readonly passwordCost?: number;
}

// As long as a secret is remembered: it bounds how long another process's change goes unseen.
const rememberGrantsMs = 5_000;

export function createAccess(parts: AccessParts): Access {
  const { db, clock, mode, passwordCost = usualPasswordCost } = parts;
  const remembered = new Map<string, { readonly holdings: Holdings; readonly atMs: number }>();
  let local: Promise<Principal> | undefined;

  const authenticator = createAuthenticator({
    clock,
    findSecret: async (digest: Digest) =>
      (await store.findTokenSecret(db, digest)) ??
      (await store.findSessionSecret(db, digest)) ??
      (await findPassSecret(db, digest)),
    recordUse: (token, atMs) => store.recordTokenUse(db, token, atMs),
    findPassword: (name) => findPassword(db, name),
    passwordCost,
    ...(mode === "local" ? { localPrincipal } : {}),
  });
  const commands = createOrders({
    ...parts,
    passwordCost,
    forget() {
      remembered.clear();
      authenticator.forgetAll();
    },
    forgetSecret: (digest) => authenticator.forget(digest),
    forgetHoldings: () => remembered.clear(),
  });

  async function holdingsOf(principal: string): Promise<Holdings> {
    const known = remembered.get(principal);
    if (known !== undefined && performance.now() - known.atMs < rememberGrantsMs) return known.holdings;
    const things = await listThingGrants(db, { principal });
    const holdings = {
      grants: await store.listGrants(db, principal),
      things: new Map(things.map(({ thing, level }) => [thing, level])),
    };
    remembered.set(principal, { holdings, atMs: performance.now() });
    return holdings;
  }

  const may: Access["may"] = async (principal, permission, project, thing) =>
    principal === "system" || allows(await holdingsOf(principal), permission, project, thing);

  function localPrincipal(): Promise<Principal> {
    local ??= addLocalOwner().catch((error: unknown) => {
      local = undefined;
      throw error;
    });
    return local;
  }

  async function addLocalOwner(): Promise<Principal> {
    const name = parts.userName ?? currentUserName();
    const owner = await db.transaction(async () => {
      const known = await store.readPrincipalByName(db, name);
      const person = known ?? (await commands.addPrincipal({ name, kind: "person", actor: "system" }));
      await commands.grantRole({ principal: person.id, role: "owner", project: null, actor: "system" });
      return person;
    });
    return { id: owner.id, name: owner.name, kind: owner.kind, via: "local" };
  }

  async function getPrincipal(id: string): Promise<PrincipalRecord> {
    const principal = await store.readPrincipal(db, id);
    if (principal !== undefined) return principal;
    throw new Problem(problems.principal_not_found, { message: `There is no person or service ${id}.` });
  }

  const access: Omit<Access, "routes"> = {
    authenticate: authenticator.authenticate,
    async authorise(principal, permission, project, thing) {
      const { bounds } = principal;
      if (bounds !== undefined && !isWithin(bounds, permission, project, thing))
        throw outOfBounds(bounds, permission, project);
      if (principal.via !== "none" && (await may(principal.id, permission, project, thing))) return;
      throw refusal(principal, permission, project);
    },
    requiresSignIn: mode === "required",
    may,
    getPrincipal,
    findPrincipal: (name) => store.readPrincipalByName(db, name),
    listPrincipals: () => store.listPrincipals(db),
    nameOf: async (actor) =>
      actor === "system" ? "Gyre" : ((await store.readPrincipal(db, actor))?.name ?? actor),
    grantsOf: async (principal) => [...(await holdingsOf(principal)).grants],
    async isPasswordOf(name, password) {
      const kept = await findPassword(db, name);
      return kept !== undefined && (await isPasswordRight(password, kept.hash));
    },
    thingGrants: (of) => listThingGrants(db, of),
    async principalsWith(permission, project) {
      const holding = (await store.listGrantsIn(db, project)).filter(({ grant }) =>
        holds([grant], permission, project),
      );
      return [...new Map(holding.map(({ principal }) => [principal.id, principal])).values()];
    },
    localPrincipal,
    async start() {
      if (mode === "local") await localPrincipal();
      else if (!(await store.hasOwnerToken(db, clock.nowMs())) && !(await hasOwnerPassword(db))) {
        throw new Problem(problems.no_owner_token, {
          message: "Signing in is required, but no owner holds a token that works or a password.",
        });
      }
    },
    commands,
  };
  return { ...access, routes: createRoutes({ db, access }) };
}

function outOfBounds(bounds: Bounds, permission: Permission, project: string | undefined): Problem {
  return new Problem(problems.pass_out_of_bounds, {
    message: `The token of ${bounds.through} does not reach ${permission} ${whereIs(project)}.`,
    data: { permission, project: project ?? null, reaches: bounds.project },
  });
}

function whereIs(project: string | undefined): string {
  if (project === undefined) return "in all projects";
  return project === outsideProjects ? "on what belongs to no project" : `in the project ${project}`;
}

function refusal(principal: Principal, permission: Permission, project: string | undefined): Problem {
  const where = whereIs(project);
  return new Problem(authProblems.permission_denied, {
    message: `${principal.name} does not hold ${permission} ${where}.`,
    next: `Ask an owner for one of the roles that hold it: ${rolesWith(permission).join(", ")}.`,
    data: { permission, project: project ?? null, roles: rolesWith(permission) },
  });
}

/** In a container the user may have no entry in the system's list; the number then serves as a name. */
function currentUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user-${process.getuid?.() ?? 0}`;
  }
}

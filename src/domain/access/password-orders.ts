import { hashPassword } from "#kernel/auth";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";

import type { AccessCommands } from "./commands.ts";
import type { PrincipalRecord } from "./index.ts";
import { findPassword, savePassword } from "./password-store.ts";
import { problems } from "./problems.ts";

interface PasswordOrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly passwordCost: number;
  requirePrincipal(id: string): Promise<PrincipalRecord>;
  forget(): void;
}

const shortest = 12;
const longest = 200;

export function createPasswordOrder(parts: PasswordOrderParts): AccessCommands["setPassword"] {
  const { db, ledger, clock } = parts;
  return async ({ principal, password, actor }) => {
    const { name } = await parts.requirePrincipal(principal);
    const hash = await hashChosen(password, name, parts.passwordCost);
    await db.transaction(async () => {
      const first = (await findPassword(db, name)) === undefined;
      await savePassword(db, principal, hash, clock.nowMs());
      await ledger.append({
        kind: "password.set",
        subject: principal,
        project: null,
        actor,
        data: { first },
      });
      db.afterCommit(parts.forget);
    });
  };
}

/** Slow on purpose, so not for transactions. Throws `password_weak`. */
export async function hashChosen(password: string, name: string, cost: number): Promise<string> {
  checkPassword(password, name);
  return await hashPassword(password, cost);
}

function checkPassword(password: string, name: string): void {
  const { length } = [...password];
  const isName = password.toLowerCase() === name.toLowerCase();
  if (length >= shortest && length <= longest && !isName && password.trim() !== "") return;
  throw new Problem(problems.password_weak, {
    message: isName
      ? "The password is the name itself."
      : `A password must have between ${shortest} and ${longest} characters; this one has ${length}.`,
  });
}

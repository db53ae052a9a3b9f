import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";

import type { ModelVersion } from "./index.ts";
import { problems } from "./problems.ts";
import { deleteAlias, readAlias, saveAlias } from "./store.ts";

interface AliasOrder {
  readonly alias: string;
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** Points an alias at a version. In a transaction. Throws `model_alias_invalid`. */
export async function pointAlias(
  { db, ledger }: { readonly db: Database; readonly ledger: Ledger },
  version: ModelVersion,
  order: AliasOrder,
): Promise<void> {
  const { model, number, project, id: subject } = version;
  const { alias, actor } = order;
  checkAlias(alias);
  const before = (await readAlias(db, project, model, alias)) ?? null;
  await saveAlias(db, { project, model, alias, number });
  const data = { model, alias, number, before, reason: order.reason ?? null };
  await ledger.append({ kind: "model_alias.set", subject, project: projectOf(version), actor, data });
}

/** Takes an alias from the version it points at. In a transaction. */
export async function removeAlias(
  { db, ledger }: { readonly db: Database; readonly ledger: Ledger },
  version: ModelVersion,
  order: AliasOrder,
): Promise<void> {
  const { model, number, id: subject } = version;
  await deleteAlias(db, { project: version.project, model, alias: order.alias });
  const data = { model, alias: order.alias, number, reason: order.reason ?? null };
  await ledger.append({
    kind: "model_alias.removed",
    subject,
    project: projectOf(version),
    actor: order.actor,
    data,
  });
}

/** Of the ledger, where what belongs to no project has null. */
export function projectOf({ project }: { readonly project: string }): string | null {
  return project === "" ? null : project;
}

/** Where a version is named by number or alias, an alias must not look like a number or like the newest. */
function checkAlias(alias: string): void {
  if (/^[\w-]{1,255}$/.test(alias) && !/^(v?\d+|latest)$/i.test(alias)) return;
  throw new Problem(problems.model_alias_invalid, {
    message: `${JSON.stringify(alias.slice(0, 80))} cannot be an alias.`,
  });
}

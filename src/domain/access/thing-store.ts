import type { Database, Migration } from "#kernel/db";

import { levelNames } from "./things.ts";
import type { Level, ThingGrant } from "./things.ts";

declare module "#kernel/db" {
  interface Tables {
    thing_grants: ThingGrantRow;
  }
}

interface ThingGrantRow {
  principal: string;
  thing: string;
  level: string;
}

export const thingMigrations: readonly Migration[] = [
  {
    id: "access-003-things",
    statements: ({ text, strict }) => [
      `create table thing_grants (
        principal ${text} not null references principals (id), thing ${text} not null,
        level ${text} not null, primary key (principal, thing)
      ) ${strict}`,
      `create index thing_grants_thing on thing_grants (thing)`,
    ],
  },
];

export async function saveThingGrant(db: Database, { principal, thing, level }: ThingGrant): Promise<void> {
  await db.query
    .insertInto("thing_grants")
    .values({ principal, thing, level })
    .onConflict((conflict) => conflict.columns(["principal", "thing"]).doUpdateSet({ level }))
    .execute();
}

/** False when there was none. */
export async function deleteThingGrant(db: Database, principal: string, thing: string): Promise<boolean> {
  const result = await db.query
    .deleteFrom("thing_grants")
    .where("principal", "=", principal)
    .where("thing", "=", thing)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function listThingGrants(
  db: Database,
  of: { readonly principal: string } | { readonly thing: string },
): Promise<ThingGrant[]> {
  const all = db.query.selectFrom("thing_grants").selectAll().orderBy("thing").orderBy("principal");
  const rows = await (
    "thing" in of ? all.where("thing", "=", of.thing) : all.where("principal", "=", of.principal)
  ).execute();
  return rows.map(({ principal, thing, level }) => ({ principal, thing, level: toLevel(level) }));
}

export async function moveThingGrants(db: Database, from: string, to: string): Promise<void> {
  await deleteThingGrants(db, to);
  await db.query.updateTable("thing_grants").set({ thing: to }).where("thing", "=", from).execute();
}

export async function deleteThingGrants(db: Database, thing: string): Promise<void> {
  await db.query.deleteFrom("thing_grants").where("thing", "=", thing).execute();
}

function toLevel(text: string): Level {
  const level = levelNames.find((name) => name === text);
  if (level === undefined) throw new Error(`the database holds an unknown level: ${text}`);
  return level;
}

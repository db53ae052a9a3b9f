import type { Database, Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    compute_told: ToldRow;
  }
}

interface ToldRow {
  target: string;
  platform: string | null;
  interpreter: string | null;
  told_at_ms: number;
}

/** What a target said of itself last. */
export type Told = Pick<ToldRow, "platform" | "interpreter">;

export const toldMigrations: readonly Migration[] = [
  {
    id: "compute-told-001",
    statements: ({ text, integer, strict }) => [
      `create table compute_told (
        target ${text} primary key, platform ${text}, interpreter ${text}, told_at_ms ${integer} not null
      ) ${strict}`,
    ],
  },
];

export async function saveTold(db: Database, target: string, told: Told, nowMs: number): Promise<void> {
  const { platform, interpreter } = told;
  const values = { platform, interpreter, told_at_ms: nowMs };
  await db.query
    .insertInto("compute_told")
    .values({ target, ...values })
    .onConflict((conflict) => conflict.column("target").doUpdateSet(values))
    .execute();
}

export async function readTold(db: Database, target: string): Promise<Told | undefined> {
  return await db.query
    .selectFrom("compute_told")
    .select(["platform", "interpreter"])
    .where("target", "=", target)
    .executeTakeFirst();
}

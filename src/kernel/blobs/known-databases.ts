import { z } from "zod";

import type { BlobNotes } from "./index.ts";

/** A database that refers to what is stored here, as its server says. */
export interface KnownDatabase {
  readonly id: string;
  /** The machine its server was seen on last, for people. */
  readonly host: string;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
}

/**
 * Which databases refer to what is stored here. Several servers may keep their bytes in one bucket, or one
 * folder, and each knows only what its own database refers to. So each writes down that it is there, before it
 * stores anything, and nobody collects garbage where another database is known.
 *
 * The time is the system's, as that of what is stored.
 */
export interface KnownDatabases {
  /** Says that this database is here, now. */
  announce(database: Pick<KnownDatabase, "id" | "host">): Promise<KnownDatabase>;
  list(): Promise<readonly KnownDatabase[]>;
}

const folder = "databases";

const noteSchema = z.object({
  id: z.string(),
  host: z.string(),
  firstSeenAtMs: z.number(),
  lastSeenAtMs: z.number(),
});

export function createKnownDatabases(notes: BlobNotes, nowMs: () => number = Date.now): KnownDatabases {
  const nameOf = (id: string): string => `${folder}/${id}`;

  /** One that cannot be read may be of a later form: that somebody is there counts. */
  async function read(name: string): Promise<KnownDatabase | undefined> {
    const bytes = await notes.read(name);
    if (bytes === undefined) return undefined;
    const parsed = noteSchema.safeParse(parseJson(bytes));
    const id = name.slice(folder.length + 1);
    return parsed.success ? { ...parsed.data, id } : { id, host: "", firstSeenAtMs: 0, lastSeenAtMs: 0 };
  }

  return {
    async announce({ id, host }) {
      const known = await read(nameOf(id));
      const lastSeenAtMs = nowMs();
      const database = { id, host, firstSeenAtMs: known?.firstSeenAtMs ?? lastSeenAtMs, lastSeenAtMs };
      await notes.write(nameOf(id), Buffer.from(JSON.stringify(database)));
      return database;
    },
    async list() {
      const found: KnownDatabase[] = [];
      for (const name of await notes.list(folder)) {
        const database = await read(name);
        if (database !== undefined) found.push(database);
      }
      return found;
    },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

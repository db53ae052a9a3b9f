import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { Problem } from "#kernel/errors";
import { routingTableSchema } from "#serving/routing";
import type { RoutingTable } from "#serving/routing";

import type { Complain } from "./complaints.ts";
import { problems } from "./problems.ts";

/**
 * The routing table as the control plane last told it. A file that is absent or cannot be understood is an
 * empty table: the control plane tells its table anyway, and a gateway that does not start helps nobody.
 */
export function readTable(path: string, complain: Complain): RoutingTable {
  try {
    return routingTableSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent) complain(unreadable(path, error));
    return { routes: [] };
  }
}

function unreadable(path: string, cause: unknown): Problem {
  return new Problem(problems.routing_unreadable, { message: `${path} cannot be read.`, cause });
}

/** Whole or not at all, also after a power cut. */
export function writeTable(path: string, table: RoutingTable): void {
  const part = `${path}.new`;
  writeFileSync(part, JSON.stringify(table));
  const file = openSync(part, "r");
  fsyncSync(file);
  closeSync(file);
  renameSync(part, path);
}

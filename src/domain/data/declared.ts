import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";
import type { DatasetDeclaration } from "#objectives";

import type { ImportVersion } from "./commands.ts";
import { problems } from "./problems.ts";

/** Reads the contract that a charter declares for a data set, or undefined when it declares none. */
export async function readDeclaredContract(
  folder: string,
  declaration: DatasetDeclaration,
): Promise<ImportVersion["contract"]> {
  const file = declaration.contract;
  if (file === null) return undefined;
  try {
    return { text: await readFile(join(folder, file), "utf8"), file };
  } catch (cause) {
    throw new Problem(problems.contract_missing, { message: `The contract ${file} cannot be read.`, cause });
  }
}

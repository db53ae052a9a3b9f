import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import type { ProblemDefinition } from "#kernel/errors";

export interface Catalogue {
  /** As the tree names it: `kernel/db`, `domain/data`, `cli`. */
  readonly module: string;
  readonly file: string;
  readonly problems: readonly ProblemDefinition[];
}

/** Every catalogue of problems in the sources, in the order of the tree. */
export async function collectCatalogues(): Promise<readonly Catalogue[]> {
  const files = globSync("src/**/*.ts").filter(
    (file) => !isForTests(file) && /= defineProblems\(/.test(codeOf(file)),
  );
  const catalogues: Catalogue[] = [];
  for (const file of files.toSorted()) {
    const exported: unknown = await import(resolve(file));
    const problems = exportedProblems(exported);
    if (problems.length === 0) throw new Error(`${file} defines problems that it does not export`);
    catalogues.push({ module: moduleOf(file), file, problems });
  }
  return catalogues.toSorted((a, b) => orderOf(a.module) - orderOf(b.module));
}

/** The codes that more than one catalogue defines. */
export function repeatedCodes(catalogues: readonly Catalogue[]): readonly string[] {
  const codes = catalogues.flatMap(({ problems }) => problems.map(({ code }) => code));
  return [...new Set(codes.filter((code, index) => codes.indexOf(code) !== index))];
}

/** Tests, and what only tests use. */
function isForTests(file: string): boolean {
  return /\.test\.ts$|\/test-[^/]*\.ts$|\/fixtures\//.test(file);
}

function codeOf(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/^\s*(\*|\/\/).*$/gm, "");
}

function exportedProblems(exported: unknown): readonly ProblemDefinition[] {
  const values = isRecord(exported) ? Object.values(exported) : [];
  return values.flatMap((value) => (isRecord(value) ? Object.values(value).filter(isDefinition) : []));
}

function isDefinition(value: unknown): value is ProblemDefinition {
  return isRecord(value) && ["code", "kind", "when", "next"].every((key) => typeof value[key] === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function moduleOf(file: string): string {
  return file.replace(/^src\//, "").replace(/(\/(problems|index))?\.ts$/, "");
}

function orderOf(module: string): number {
  return ["kernel", "stats", "domain", "protocols", "gateway", "cli"].findIndex((part) =>
    module.startsWith(part),
  );
}

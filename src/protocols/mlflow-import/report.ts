import type { Unmapped } from "./source.ts";

/** How many of a kind there are in the source, and how many of them were not here before. */
export interface Tally {
  found: number;
  added: number;
}

export interface Skipped {
  readonly what: string;
  readonly why: string;
  count: number;
  sizeBytes: number;
  /** One of them. */
  readonly example: string;
}

/** What an import did, or would do. */
export interface ImportReport {
  readonly source: string;
  readonly version: string;
  readonly isDryRun: boolean;
  readonly experiments: Tally;
  readonly runs: Tally;
  readonly points: Tally;
  readonly loggedModels: Tally;
  readonly models: Tally;
  readonly versions: Tally;
  readonly aliases: Tally;
  readonly traces: Tally;
  readonly spans: Tally;
  readonly assessments: Tally;
  readonly files: Tally;
  readonly bytes: Tally;
  /** Experiments that have another number here. */
  readonly renumbered: { readonly name: string; readonly from: string; readonly to: string }[];
  readonly skipped: Skipped[];
  unmapped: readonly Unmapped[];
}

export function emptyReport(source: {
  readonly label: string;
  readonly version: string;
  readonly isDryRun: boolean;
}): ImportReport {
  const tally = (): Tally => ({ found: 0, added: 0 });
  return {
    source: source.label,
    version: source.version,
    isDryRun: source.isDryRun,
    experiments: tally(),
    runs: tally(),
    points: tally(),
    loggedModels: tally(),
    models: tally(),
    versions: tally(),
    aliases: tally(),
    traces: tally(),
    spans: tally(),
    assessments: tally(),
    files: tally(),
    bytes: tally(),
    renumbered: [],
    skipped: [],
    unmapped: [],
  };
}

/** Counts what was left out by its reason: a list of each would not fit a page. */
export function skip(
  report: ImportReport,
  what: string,
  why: string,
  one: { readonly example: string; readonly sizeBytes?: number },
): void {
  const known = report.skipped.find((skipped) => skipped.what === what && skipped.why === why);
  if (known === undefined) {
    report.skipped.push({ what, why, count: 1, sizeBytes: one.sizeBytes ?? 0, example: one.example });
    return;
  }
  known.count++;
  known.sizeBytes += one.sizeBytes ?? 0;
}

/** How many of a kind are equal here and there. */
export interface Equality {
  readonly what: string;
  equal: number;
  different: number;
  /** The first of those that differ, each with how. */
  readonly differences: string[];
}

export function emptyEquality(what: string): Equality {
  return { what, equal: 0, different: 0, differences: [] };
}

const mostShown = 10;

export function judge(equality: Equality, name: string, difference: string | undefined): void {
  if (difference === undefined) {
    equality.equal++;
    return;
  }
  equality.different++;
  if (equality.differences.length < mostShown) equality.differences.push(`${name}: ${difference}`);
}

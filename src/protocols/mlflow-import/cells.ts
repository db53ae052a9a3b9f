import type { Row } from "./rows.ts";

/* Cells of a foreign database, whose drivers disagree on what a number or a truth looks like. */

export function text(row: Row, column: string): string {
  const value = row[column];
  return value === null || value === undefined ? "" : String(value);
}

export function optionalText(row: Row, column: string): string | undefined {
  const value = row[column];
  return value === null || value === undefined ? undefined : String(value);
}

/** 0 for an absent one: MLflow's oldest rows lack times. */
export function number(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

export function truth(row: Row, column: string): boolean {
  const value = row[column];
  return value === true || value === 1 || value === "1";
}

export function pairs(rows: readonly Row[], key: string, value: string): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [text(row, key), text(row, value)]));
}

/** The rows of each owner. */
export function byOwner(rows: readonly Row[], column: string): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, (row) => text(row, column));
}

import { tallyLine } from "./cases.ts";
import type { Tally } from "./cases.ts";

/** One line for a file or a check that has ended. */
export function printFile(name: string, tally: Tally, durationMs: number): void {
  const verdict = tally.failures.length > 0 ? "FAILED" : "ok";
  console.log(`  ${verdict.padEnd(6)} ${seconds(durationMs)}  ${name} (${countsOf(tally)})`);
}

export function printStep(title: string, tally: Tally, durationMs: number): void {
  console.log(`${title}: ${tallyLine(tally)}, ${seconds(durationMs).trim()}`);
}

/** What was left out and why, then every failure in full. */
export function printEnd({ failures, skips }: Tally): void {
  if (skips.length > 0) console.log("\nLeft out");
  for (const [reason, count] of countReasons(skips.map((skip) => skip.reason))) {
    console.log(`  ${count} × ${reason === "" ? "no reason given" : reason}`);
  }
  for (const [index, { where, name, detail }] of failures.entries()) {
    console.log(`\nFailure ${index + 1} of ${failures.length}: ${where}\n  ${name}\n`);
    console.log(detail.replaceAll(/^/gm, "    "));
  }
  console.log("");
}

function countReasons(reasons: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

function countsOf({ passed, failures, skips }: Tally): string {
  const parts = [`${passed} passed`];
  if (failures.length > 0) parts.push(`${failures.length} failed`);
  if (skips.length > 0) parts.push(`${skips.length} skipped`);
  return parts.join(", ");
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1).padStart(6)} s`;
}

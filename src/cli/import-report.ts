import type { Equality, ImportReport, Tally } from "#protocols/mlflow-import";

import { sizeText } from "./words.ts";

const kinds = [
  ["experiments", "experiments"],
  ["runs", "runs"],
  ["points", "measurements"],
  ["loggedModels", "logged models"],
  ["models", "registered models"],
  ["versions", "model versions"],
  ["aliases", "aliases"],
  ["traces", "traces"],
  ["spans", "spans"],
  ["assessments", "assessments"],
  ["files", "artifacts"],
] as const;

/** What an import did, or would do, in lines. */
export function reportLines(report: ImportReport): readonly string[] {
  const { isDryRun } = report;
  const head = `${isDryRun ? "Would import" : "Imported"} from ${report.source} (${report.version})`;
  return [
    head,
    ...kinds.map(([kind, noun]) => `  ${countLine(noun, report[kind], isDryRun)}${sizeOf(report, kind)}`),
    ...report.renumbered.map(
      ({ name, from, to }) => `  experiment ${name} has the number ${to} here, ${from} there`,
    ),
    ...report.skipped.map(
      ({ what, why, count, sizeBytes, example }) =>
        `  left out: ${count} ${what}${sizeBytes > 0 ? ` (${sizeText(sizeBytes)})` : ""}: ${why}; one is ${example}`,
    ),
    ...report.unmapped.map(({ what, count, why }) => `  not imported: ${count} ${what}: ${why}`),
  ];
}

function countLine(noun: string, { found, added }: Tally, isDryRun: boolean): string {
  return isDryRun ? `${noun.padEnd(18)} ${found}` : `${noun.padEnd(18)} ${found}, ${added} of them new`;
}

function sizeOf({ bytes, isDryRun }: ImportReport, kind: string): string {
  if (kind !== "files") return "";
  return isDryRun
    ? ` (${sizeText(bytes.found)})`
    : ` (${sizeText(bytes.found)}, ${sizeText(bytes.added)} sent)`;
}

/** One line while it goes on. */
export function progressLine({ experiments, runs, points, files, bytes }: ImportReport): string {
  return (
    `${experiments.found} experiments, ${runs.found} runs, ${points.found} measurements, ` +
    `${files.found} artifacts (${sizeText(bytes.found)})`
  );
}

/** How many of each kind are equal here and there. */
export function equalityLines(equalities: readonly Equality[]): readonly string[] {
  if (equalities.length === 0) return [];
  return [
    "Equal here and there",
    ...equalities.flatMap(({ what, equal, different, differences }) => [
      `  ${what.padEnd(38)} ${equal} of ${equal + different}`,
      ...differences.map((one) => `    ${one}`),
    ]),
  ];
}

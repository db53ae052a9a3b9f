import type { ModelVersion } from "../../data/models.ts";

/** One thing of a version, before and after; absent on one side when it was added or removed. */
export interface DiffRow {
  name: string;
  before: unknown;
  after: unknown;
  as?: "digest";
  /** Of a file whose content changed. */
  sizes?: readonly [number, number];
}

export interface DiffPart {
  title: string;
  rows: readonly DiffRow[];
  /** How many things are equal on both sides. */
  same: number;
}

/** What differs between two versions, part by part. */
export function diffVersions(left: ModelVersion, right: ModelVersion): DiffPart[] {
  return [
    part("Parameters", left.origin.parameters, right.origin.parameters),
    part("Metrics", left.metrics, right.metrics),
    filesPart(left, right),
    part("Signature", signatureOf(left), signatureOf(right)),
    part("Data", left.origin.datasetVersions, right.origin.datasetVersions),
    part("Code and environment", codeOf(left), codeOf(right), "digest"),
  ];
}

function part(
  title: string,
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
  as?: "digest",
): DiffPart {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  const rows = names
    .filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]))
    .map((name) => ({ name, before: left[name], after: right[name], ...(as ? { as } : {}) }));
  return { title, rows, same: names.length - rows.length };
}

function filesPart(left: ModelVersion, right: ModelVersion): DiffPart {
  const files = (version: ModelVersion) =>
    Object.fromEntries(version.files.map(({ path, digest }) => [path, digest]));
  const size = (version: ModelVersion, path: string) =>
    version.files.find((file) => file.path === path)?.sizeBytes ?? 0;
  const { rows, same } = part("Files", files(left), files(right), "digest");
  return {
    title: "Files",
    same,
    rows: rows.map((row) => ({ ...row, sizes: [size(left, row.name), size(right, row.name)] as const })),
  };
}

function signatureOf({ signature }: ModelVersion): Record<string, string> {
  return {
    ...Object.fromEntries(
      signature.inputs.map(({ name, datatype, optional }) => [
        `input ${name}`,
        optional ? `${datatype}, optional` : datatype,
      ]),
    ),
    ...(signature.labels.length > 0 ? { answers: signature.labels.join(", ") } : {}),
  };
}

function codeOf({ origin, kind, runnableDigest }: ModelVersion): Record<string, string> {
  return {
    kind,
    ...(origin.codeDigest ? { code: origin.codeDigest } : {}),
    ...(origin.environmentDigest ? { environment: origin.environmentDigest } : {}),
    ...(runnableDigest ? { runnable: runnableDigest } : {}),
  };
}

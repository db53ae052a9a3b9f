import { createHash } from "node:crypto";

import { idTimeMs } from "#kernel/ids";

/** The namespace of our jobs, unless whoever is told of them is told another. */
export const ownNamespace = "gyre";

/** The namespace of files on a machine's disk; their names are absolute paths. */
export const fileNamespace = "file";

/** A pipeline is named by its project, a stage of it by both, as others name a DAG and its tasks. */
export function jobName(project: string, stage?: string): string {
  return stage === undefined ? project : `${project}.${stage}`;
}

/**
 * The UUID under which others know a thing of ours: always the same for one id. It is a version 7, whose
 * first 48 bits are the time the id carries, so that the runs of others' tables stay in order; the rest is a digest.
 */
export function runIdOf(id: string): string {
  const hash = createHash("sha256").update(id).digest("hex");
  const time = (idTimeMs(id) ?? 0).toString(16).padStart(12, "0").slice(-12);
  const variant = ((Number.parseInt(hash.slice(3, 4), 16) & 0b0011) | 0b1000).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${hash.slice(0, 3)}`,
    `${variant}${hash.slice(4, 7)}`,
    hash.slice(7, 19),
  ].join("-");
}

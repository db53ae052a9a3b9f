import type { Session, SessionOptions } from "./session.ts";

export { problems } from "./problems.ts";
export { holdManyFiles, openHashPool } from "./files/hash-pool.ts";
export type { Session, Voice } from "./session.ts";
export { defaultRemote } from "./repository/repository.ts";
export { addressOf } from "./repository/stages.ts";
export { flatten, pythonText } from "./formats/python-text.ts";
export type { YamlValue } from "./formats/yaml-value.ts";
export type { Dag } from "./verbs/dag.ts";
export type { Diff, DiffEntry } from "./verbs/diff.ts";
export type { Change, Measures } from "./verbs/measures.ts";
export type { Added } from "./verbs/add.ts";
export type { CheckoutResult } from "./verbs/checkout.ts";
export type { Status } from "./verbs/status.ts";

/** Opens the repository around a folder for one command; what it takes is loaded when a command begins. */
export async function withSession<Result>(
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await import("./session.ts");
  return await session.withSession(options, work);
}

/** The verbs, each loaded when it is asked for: a command pays for its own only. */
export const dvcVerbs = {
  add: async () => (await import("./verbs/add.ts")).add,
  checkout: async () => await import("./verbs/checkout.ts"),
  status: async () => (await import("./verbs/status.ts")).status,
  cloudStatus: async () => (await import("./verbs/cloud-status.ts")).cloudStatus,
  repro: async () => (await import("./verbs/repro.ts")).repro,
  push: async () => (await import("./verbs/push.ts")).push,
  fetch: async () => await import("./verbs/fetch.ts"),
  pull: async () => (await import("./verbs/pull.ts")).pull,
  gc: async () => (await import("./verbs/gc.ts")).collectGarbage,
  diff: async () => (await import("./verbs/diff.ts")).diff,
  measures: async () => await import("./verbs/measures.ts"),
  plots: async () => await import("./verbs/plots.ts"),
  dag: async () => await import("./verbs/dag.ts"),
};

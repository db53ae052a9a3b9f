import type { DvcCommand } from "./command.ts";

/** The verbs by name; each is loaded when it is typed. */
export const dvcCommands: Readonly<Record<string, () => Promise<DvcCommand>>> = {
  add: async () => (await import("./add.ts")).addCommand,
  checkout: async () => (await import("./checkout.ts")).checkoutCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  push: async () => (await import("./push.ts")).pushCommand,
  pull: async () => (await import("./pull.ts")).pullCommand,
  fetch: async () => (await import("./fetch.ts")).fetchCommand,
  gc: async () => (await import("./gc.ts")).gcCommand,
  diff: async () => (await import("./diff.ts")).diffCommand,
  params: async () => (await import("./params.ts")).paramsCommand,
  metrics: async () => (await import("./metrics.ts")).metricsCommand,
  plots: async () => (await import("./plots.ts")).plotsCommand,
  dag: async () => (await import("./dag.ts")).dagCommand,
  repro: async () => (await import("./repro.ts")).reproCommand,
};

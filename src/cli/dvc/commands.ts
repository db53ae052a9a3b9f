import type { DvcCommand } from "./command.ts";

/** The verbs by name; each is loaded when it is typed. */
export const dvcCommands: Readonly<Record<string, () => Promise<DvcCommand>>> = {
  add: async () => (await import("./add.ts")).addCommand,
  checkout: async () => (await import("./checkout.ts")).checkoutCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  repro: async () => (await import("./repro.ts")).reproCommand,
};

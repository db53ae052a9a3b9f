export { problems } from "./problems.ts";
export { withSession } from "./session.ts";
export type { Session, Voice } from "./session.ts";
export { addressOf } from "./repository/stages.ts";
export type { Added } from "./verbs/add.ts";
export type { CheckoutResult } from "./verbs/checkout.ts";
export type { Status } from "./verbs/status.ts";

/** The verbs, each loaded when it is asked for: a command pays for its own only. */
export const dvcVerbs = {
  add: async () => (await import("./verbs/add.ts")).add,
  checkout: async () => await import("./verbs/checkout.ts"),
  status: async () => (await import("./verbs/status.ts")).status,
  repro: async () => (await import("./verbs/repro.ts")).repro,
};

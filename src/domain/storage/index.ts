export { createStorage } from "./module.ts";
export type { Storage, StorageParts } from "./module.ts";
export { problems } from "./problems.ts";
export { migrations } from "./store.ts";
import "./events.ts";

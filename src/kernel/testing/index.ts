export { describeOnEveryEngine } from "./databases.ts";
export type { EngineUnderTest, OpenTestDatabase } from "./databases.ts";
export { temporaryFolder } from "./folders.ts";
export { createTestKernel } from "./kernel.ts";
export type { TestKernel } from "./kernel.ts";
export { fullDisk } from "./full-disk.ts";
export type { SmallDisk } from "./full-disk.ts";

export { readFlow } from "./flow.ts";
export type { Flow } from "./flow.ts";
export { stageOfFlow } from "./stage.ts";
export type { FlowStage } from "./stage.ts";
export { stageText, writeStage } from "./write-stage.ts";

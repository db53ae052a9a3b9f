export { createRoutes as createOrchestratorRoutes, exportFormats } from "./routes.ts";
export type { ExportFormat } from "./routes.ts";
export { problems } from "./problems.ts";
export { readFlow, stageOfFlow, stageText, writeStage } from "./metaflow/index.ts";

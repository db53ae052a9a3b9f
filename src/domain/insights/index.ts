export { createInsights } from "./module.ts";
export type { InsightsModule, InsightsParts } from "./module.ts";
export type { Need, Overview, Station } from "./overview.ts";

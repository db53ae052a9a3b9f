import type { LineageCommands } from "./commands.ts";

export { createLineage } from "./module.ts";
export type { LineageParts } from "./module.ts";
export { migrations } from "./store/schema.ts";
export { problems } from "./problems.ts";
export { fileNamespace, jobName, ownNamespace, runIdOf } from "./naming.ts";
export { fileNode } from "./own-lineage.ts";
export { nodeKey } from "./entities.ts";
export type {
  Facets,
  GraphEdge,
  GraphNode,
  LineageGraph,
  NodeKind,
  NodeName,
  ReportedRun,
  StoredReport,
} from "./entities.ts";
export type { Report, ReportedEdge, ReportedNode, RunReport } from "./commands.ts";
import "./events.ts";
import type { LineageQuestions } from "./questions.ts";

export type { LineageQuestions } from "./questions.ts";

export interface Lineage extends LineageQuestions {
  readonly commands: LineageCommands;
}

import type { ExportedStage } from "./entities.ts";

/** The stages in rounds: each needs only stages of earlier rounds. They are given in an order of dependence. */
export function levelsOf(stages: readonly ExportedStage[]): readonly (readonly ExportedStage[])[] {
  const levelOf = new Map<string, number>();
  const levels: ExportedStage[][] = [];
  for (const stage of stages) {
    const before = stage.dependsOn.map((name) => levelOf.get(name) ?? -1);
    const level = Math.max(-1, ...before) + 1;
    levelOf.set(stage.name, level);
    (levels[level] ??= []).push(stage);
  }
  return levels;
}

import { useMemo } from "react";
import { Choice } from "../../components/field.tsx";
import { duration } from "../../components/format.ts";
import { GraphView, type GraphNode } from "../../components/graph/graph-view.tsx";
import { Icon } from "../../components/icons.tsx";
import { useView } from "../../shell/use-view.ts";
import { groupEdges, groupings, groupSteps, statesOf, usualGrouping, type Grouping } from "./families.ts";

/** A step of an execution, or a stage of the pipeline as it stands. */
export interface GraphStep {
  name: string;
  state: string;
  detail: string;
  dependsOn: readonly string[];
}

/**
 * The graph of steps. Families are one node until they are opened; the URL holds how it is grouped, what
 * is open, whether the critical path is drawn, what is searched and the chosen step.
 */
export function StepGraph({ steps, critical, selected, focus, height = 340 }: StepGraphProps) {
  const [view, change] = useView();
  const grouping = groupings.find((each) => each === view.group) ?? usualGrouping(steps.length);
  const needle = (view.filter ?? "").trim().toLowerCase();
  const groups = useMemo(
    () =>
      groupSteps(
        steps.map((step) => step.name),
        grouping,
        new Set(view.open?.split(",") ?? []),
      ),
    [steps, grouping, view.open],
  );
  const edges = useMemo(() => groupEdges(steps, groups), [steps, groups]);
  const nodes = useMemo(
    () => toNodes(steps, groups, new Set(view.path ? critical : []), needle),
    [steps, groups, view.path, critical, needle],
  );
  const found = useMemo(
    () => (needle === "" ? undefined : nodes.filter((node) => !node.isFaint).map((node) => node.id)),
    [nodes, needle],
  );
  const openGroup = (id: string) => change({ open: [...groups.open, id].join(",") });
  const closeGroup = (id: string) =>
    change({ open: groups.open.filter((each) => each !== id).join(",") || undefined });
  const shownFor = (stage: string | undefined) =>
    stage === undefined ? undefined : groups.standsIn.get(stage);
  return (
    <div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-5 py-1.5 text-sm">
        <Choice
          label="Group"
          value={grouping}
          onChange={(value) =>
            change({ group: value === usualGrouping(steps.length) ? undefined : value, open: undefined })
          }
          options={groupings.map((value) => ({ value, label: groupingWords[value] }))}
        />
        <label className="inline-flex h-8 items-center gap-1.5 text-soft">
          <input
            type="checkbox"
            checked={view.path === true}
            onChange={(event) => change({ path: event.target.checked ? true : undefined })}
            className="size-4 accent-(--accent-fill)"
          />
          Critical path
        </label>
        {groups.open.map((id) => (
          <button
            key={id}
            type="button"
            onClick={() => closeGroup(id)}
            className="inline-flex h-6 items-center gap-1 rounded-full border border-line-strong px-2 text-xs text-soft hover:bg-hover"
          >
            <span className="sr-only">Close the group </span>
            {groupLabel(id)}
            <Icon name="cross" size={12} />
          </button>
        ))}
      </div>
      <GraphView
        label="Steps"
        height={height}
        nodes={nodes}
        edges={edges}
        selected={shownFor(selected)}
        focus={shownFor(focus)}
        found={found}
        onSelect={(id) =>
          groups.members.has(id)
            ? openGroup(id)
            : change({ at: id, line: undefined, find: undefined, attempt: undefined })
        }
      />
    </div>
  );
}

export interface StepGraphProps {
  steps: readonly GraphStep[];
  /** The steps of the chain that took longest. */
  critical: readonly string[];
  selected: string | undefined;
  focus?: string | undefined;
  height?: number;
}

const groupingWords: Record<Grouping, string> = {
  families: "by family",
  prefixes: "by folder or prefix",
  none: "not at all",
};

function groupLabel(id: string): string {
  return id.replace(/(@\*|…)$/, "");
}

function toNodes(
  steps: readonly GraphStep[],
  groups: ReturnType<typeof groupSteps>,
  critical: ReadonlySet<string>,
  needle: string,
): GraphNode[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const matches = (name: string) => needle === "" || name.toLowerCase().includes(needle);
  const ids = new Set(steps.map((step) => groups.standsIn.get(step.name) ?? step.name));
  return [...ids].map((id): GraphNode => {
    const members = groups.members.get(id);
    if (members === undefined) {
      const step = byName.get(id);
      return {
        id,
        label: id,
        state: step?.state ?? "pending",
        detail: step?.detail ?? "",
        isCritical: critical.has(id),
        isFaint: !matches(id),
      };
    }
    const { counts, telling } = statesOf(members.map((name) => byName.get(name)?.state ?? "pending"));
    return {
      id,
      label: `${groupLabel(id)} × ${members.length}`,
      state: telling,
      states: counts,
      isCritical: members.some((name) => critical.has(name)),
      isFaint: !members.some(matches),
    };
  });
}

/** What stands under the name of a step: its state in a word, and how long it took. */
export function stepDetail(state: string, startedAtMs: number | null, endedAtMs: number | null): string {
  const took = startedAtMs !== null && endedAtMs !== null && state !== "cached";
  return took ? `${state} · ${duration(endedAtMs - startedAtMs)}` : state;
}

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";

import { parseClauses } from "./clauses.ts";
import { createColumns } from "./columns.ts";
import type { RunColumns } from "./columns.ts";
import type { LifecycleState, Page, Run } from "./entities.ts";
import { parseOrdering, parseOrderings } from "./filter.ts";
import { runGrammar, runOrderGrammar } from "./grammars.ts";
import { problems } from "./problems.ts";
import { listExperimentIds } from "./store/experiments.ts";
import type { Keys } from "./store/keys.ts";
import { countRuns, groupRuns } from "./store/run-groups.ts";
import type { RunGroup } from "./store/run-groups.ts";
import type { SearchRuns } from "./store/run-search.ts";
import type { RunParts } from "./store/run-parts.ts";

/** Which runs a table is about. */
export interface RunTableSearch {
  readonly project: string;
  readonly experimentIds?: readonly string[];
  /** MLflow's conditions, joined by `and`, `or` and parentheses. */
  readonly filter?: string;
  readonly states?: readonly LifecycleState[];
}

export interface RunTablePage extends RunTableSearch {
  readonly orderBy?: readonly string[];
  /** `params.depth`, `metrics.auc`, `tags.team`: only these are loaded; everything when absent. */
  readonly fields?: readonly string[] | undefined;
  readonly limit: number;
  readonly pageToken?: string | undefined;
  readonly skip?: number;
}

/** What the product's own table of runs asks, beyond what MLflow's clients can. */
export interface RunTable {
  page(search: RunTablePage): Promise<Page<Run>>;
  count(search: RunTableSearch): Promise<number>;
  /** `by` is a parameter, a tag, or one of the attributes status, user_id and run_name. */
  groups(search: RunTableSearch & { by: string; limit: number }): Promise<readonly RunGroup[]>;
  columns(search: Pick<RunTableSearch, "project" | "experimentIds">): Promise<RunColumns>;
}

export function createRunTable(parts: {
  db: Database;
  keys: Keys;
  clock: Clock;
  searchRuns: SearchRuns;
}): RunTable {
  const { db, keys, searchRuns } = parts;
  const columnsOf = createColumns(parts);

  const experimentsOf = async ({ project, experimentIds }: RunTableSearch): Promise<number[]> => {
    const own = await listExperimentIds(db, project);
    const wanted = experimentIds?.map(Number);
    return (wanted === undefined ? own : own.filter((id) => wanted.includes(id))).toSorted((a, b) => a - b);
  };
  const searched = async (search: RunTableSearch) => ({
    experiments: await experimentsOf(search),
    states: search.states ?? (["active"] as const),
    conditions: parseClauses(search.filter ?? "", runGrammar),
  });

  return {
    async page(search) {
      return await searchRuns({
        ...(await searched(search)),
        orderings: parseOrderings(search.orderBy ?? [], runOrderGrammar),
        limit: search.limit,
        pageToken: search.pageToken,
        skip: search.skip ?? 0,
        ...(search.fields === undefined ? {} : { parts: partsOf(search.fields) }),
      });
    },
    async count(search) {
      return await countRuns(db, keys, await searched(search));
    },
    async groups(search) {
      const by = parseOrdering(search.by, runOrderGrammar).field;
      const isGroupable =
        by.of === "param" || by.of === "tag" || ["status", "user_id", "run_name"].includes(by.key);
      if (!isGroupable)
        throw new Problem(problems.run_filter_invalid, {
          message: `Runs are not grouped by ${search.by}.`,
          next: "Group by a parameter, a tag, status, user_id or run_name.",
        });
      return await groupRuns(db, keys, { ...(await searched(search)), by, limit: search.limit });
    },
    async columns(search) {
      return await columnsOf(await experimentsOf(search));
    },
  };
}

function partsOf(fields: readonly string[]): RunParts {
  const parts = { params: new Set<string>(), metrics: new Set<string>(), tags: new Set<string>() };
  for (const field of fields) {
    const dot = field.indexOf(".");
    const kind = field.slice(0, dot);
    const key = field.slice(dot + 1);
    if (kind === "params" || kind === "metrics" || kind === "tags") parts[kind].add(key);
  }
  return { params: [...parts.params], metrics: [...parts.metrics], tags: [...parts.tags] };
}

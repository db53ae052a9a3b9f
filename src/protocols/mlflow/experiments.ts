import { z } from "zod";

import { experimentThing } from "#access";
import type { Clock } from "#kernel/clock";
import type { LifecycleState, Tracking } from "#tracking";
import type { TrackingCommands } from "#tracking/commands";

import { defineCall, ofExperiment } from "./calls.ts";
import type { Call } from "./calls.ts";
import type { Owning } from "./owning.ts";
import { presentExperiment } from "./present.ts";
import { array, given, integer, invalid, keyValue, list, optionalText, text } from "./wire.ts";

export interface TrackingParts {
  readonly tracking: Tracking;
  readonly commands: TrackingCommands;
  readonly clock: Clock;
}

const mostPerPage = 50_000;

const search = z.object({
  filter: text.default(""),
  max_results: integer.default(1_000),
  order_by: list(text),
  page_token: text.default(""),
  view_type: text.default("ACTIVE_ONLY"),
});

export function createExperimentCalls({
  tracking,
  commands,
  owning,
}: TrackingParts & { readonly owning: Owning }): readonly Call[] {
  const one = (summary: string, path: string, handler: (id: string, actor: string) => Promise<void>): Call =>
    defineCall({
      method: "POST",
      path,
      permission: "run:delete",
      summary,
      input: z.object({ experiment_id: given }),
      async handler(input, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(input.experiment_id)));
        await handler(input.experiment_id, caller.principal.id);
      },
    });

  const searching = (method: "GET" | "POST"): Call =>
    defineCall({
      method,
      path: "/mlflow/experiments/search",
      permission: "run:read",
      summary: "Searches experiments.",
      input: search,
      async handler(input, caller) {
        const page = await tracking.searchExperiments({
          filter: input.filter,
          orderBy: input.order_by,
          states: statesOf(input.view_type),
          limit: pageSize(input.max_results, mostPerPage),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await caller.onlyAllowed(page.items, ofExperiment);
        return { experiments: visible.map(presentExperiment), ...nextToken(page.nextPageToken) };
      },
    });

  return [
    defineCall({
      method: "POST",
      path: "/mlflow/experiments/create",
      permission: "run:create",
      summary: "Creates an experiment.",
      input: z.object({ name: given, artifact_location: optionalText, tags: array(keyValue) }),
      async handler(input, caller) {
        const project = await tracking.projectOfExperimentName(input.name);
        await caller.allow({ project });
        const location = input.artifact_location === "" ? undefined : input.artifact_location;
        const { name, tags } = input;
        const actor = caller.principal.id;
        const made = await commands.createExperiment({ name, tags, artifactLocation: location, actor });
        await owning.begin(experimentThing(made.id), project, caller.principal);
        return { experiment_id: made.id };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/experiments/get",
      permission: "run:read",
      summary: "Gets an experiment by id.",
      input: z.object({ experiment_id: given }),
      async handler(input, caller) {
        const experiment = await tracking.getExperiment(input.experiment_id);
        await caller.allow(ofExperiment(experiment));
        return { experiment: presentExperiment(experiment) };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/experiments/get-by-name",
      permission: "run:read",
      summary: "Gets an experiment by name.",
      input: z.object({ experiment_name: given }),
      async handler(input, caller) {
        const { experiment_name: name } = input;
        const experiment = await tracking.getExperimentByName(name).catch(async (error: unknown) => {
          // That there is none is no news for whoever may not see it.
          await caller.allow({ project: await tracking.projectOfExperimentName(name) });
          throw error;
        });
        await caller.allow(ofExperiment(experiment));
        return { experiment: presentExperiment(experiment) };
      },
    }),
    searching("POST"),
    searching("GET"),
    defineCall({
      method: "POST",
      path: "/mlflow/experiments/update",
      permission: "run:write",
      summary: "Renames an experiment.",
      input: z.object({ experiment_id: given, new_name: given }),
      async handler(input, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(input.experiment_id)));
        await commands.renameExperiment({
          id: input.experiment_id,
          name: input.new_name,
          actor: caller.principal.id,
        });
      },
    }),
    one(
      "Deletes an experiment with its runs; it can be restored.",
      "/mlflow/experiments/delete",
      (id, actor) => commands.deleteExperiment({ id, actor }),
    ),
    one("Restores a deleted experiment with its runs.", "/mlflow/experiments/restore", (id, actor) =>
      commands.restoreExperiment({ id, actor }),
    ),
    defineCall({
      method: "POST",
      path: "/mlflow/experiments/set-experiment-tag",
      permission: "run:write",
      summary: "Sets a tag of an experiment.",
      input: z.object({ experiment_id: given, key: given, value: text.default("") }),
      async handler({ experiment_id: id, key, value }, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(id)));
        await commands.setExperimentTag({ id, tag: { key, value } });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/experiments/delete-experiment-tag",
      permission: "run:write",
      summary: "Deletes a tag of an experiment.",
      input: z.object({ experiment_id: given, key: given }),
      async handler({ experiment_id: id, key }, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(id)));
        await commands.deleteExperimentTag({ id, key });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/experiments/search-datasets",
      permission: "run:read",
      summary: "Lists the data that the runs of up to 20 experiments read.",
      input: z.object({ experiment_ids: list(text) }),
      async handler({ experiment_ids: ids }, caller) {
        if (ids.length === 0) {
          throw invalid("SearchDatasets request must specify at least one experiment_id.");
        }
        if (ids.length > 20)
          throw invalid(
            `SearchDatasets request cannot specify more than 20 experiment_ids. Received ${ids.length} experiment_ids.`,
          );
        const visible = await caller.onlyAllowed(await tracking.projectsOfExperiments(ids), ofExperiment);
        const summaries = await tracking.datasetSummaries(visible.map((experiment) => experiment.id));
        return {
          dataset_summaries: summaries.map(({ experimentId, name, digest, context }) => ({
            experiment_id: experimentId,
            name,
            digest,
            ...(context === null ? {} : { context }),
          })),
        };
      },
    }),
  ];
}

export function statesOf(viewType: string): readonly LifecycleState[] {
  if (viewType === "DELETED_ONLY" || viewType === "2") return ["deleted"];
  return viewType === "ALL" || viewType === "3" ? ["active", "deleted"] : ["active"];
}

export function pageSize(wanted: number, most: number): number {
  if (wanted < 1)
    throw invalid(
      `Invalid value ${wanted} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  if (wanted > most)
    throw invalid(`Invalid value ${wanted} for parameter 'max_results' supplied. It must be at most ${most}`);
  return wanted;
}

/** As `pageSize`, in the words that clients of the registry know. */
export function registryPageSize(wanted: number, most: number, parameter: string): number {
  if (wanted <= most) return pageSize(wanted, most);
  throw invalid(`Invalid value for ${parameter}. It must be at most ${most}, but got value ${wanted}`);
}

export function nextToken(token: string | undefined): { next_page_token?: string } {
  return token === undefined ? {} : { next_page_token: token };
}

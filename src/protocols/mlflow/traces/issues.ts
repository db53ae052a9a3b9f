import { z } from "zod";

import type { Issue } from "#traces";

import { defineCall, ofExperiment } from "../calls.ts";
import type { Call } from "../calls.ts";
import { nextToken, pageSize } from "../experiments.ts";
import { array, boolean, integer, optionalText, text } from "../wire.ts";
import { visibleExperiments } from "./parts.ts";
import type { TraceParts } from "./parts.ts";

const base = "/mlflow/issues";
const mostPerPage = 50_000;

/** What goes wrong in several traces. */
export function createIssueCalls(parts: TraceParts): readonly Call[] {
  const { tracking, traces } = parts;
  const { commands } = traces;
  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: base,
      permission: "run:write",
      summary: "Names something that goes wrong in traces of an experiment.",
      input: z.object({
        experiment_id: text,
        name: text,
        description: text,
        status: text.default("pending"),
        severity: optionalText,
        root_causes: array(text),
        categories: array(text),
        source_run_id: optionalText,
        created_by: optionalText,
      }),
      async handler(input, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(input.experiment_id)));
        const issue = await commands.createIssue({
          issue: {
            experimentId: input.experiment_id,
            name: input.name,
            description: input.description,
            status: input.status,
            severity: input.severity ?? null,
            rootCauses: input.root_causes,
            categories: input.categories,
            sourceRunId: input.source_run_id ?? null,
            createdBy: input.created_by ?? null,
          },
          actor: caller.principal.id,
        });
        return { issue: presentIssue(issue) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:issue_id`,
      permission: "run:read",
      summary: "Gets an issue.",
      input: z.object({ issue_id: text }),
      async handler({ issue_id: id }, caller) {
        const issue = await traces.getIssue(id);
        await caller.allow(ofExperiment(issue));
        return { issue: presentIssue(issue) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "PATCH",
      path: `${base}/:issue_id`,
      permission: "run:write",
      summary: "Changes an issue.",
      input: z.object({
        issue_id: text,
        name: optionalText,
        description: optionalText,
        status: optionalText,
        severity: optionalText,
      }),
      async handler({ issue_id: id, ...change }, caller) {
        await caller.allow(ofExperiment(await traces.getIssue(id)));
        return {
          issue: presentIssue(await commands.changeIssue({ id, change, actor: caller.principal.id })),
        };
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/search`,
      permission: "run:read",
      summary: "Searches issues, the most severe first.",
      input: z.object({
        experiment_id: optionalText,
        filter_string: text.default(""),
        max_results: integer.default(100),
        page_token: text.default(""),
        include_trace_count: boolean.default(false),
      }),
      async handler(input, caller) {
        const limit = pageSize(input.max_results, mostPerPage);
        const all = input.experiment_id === undefined || input.experiment_id === "";
        const asked = all
          ? (await tracking.listExperiments()).map((experiment) => experiment.id)
          : [input.experiment_id ?? ""];
        const page = await traces.searchIssues({
          experimentIds: await visibleExperiments(parts, asked, caller),
          filter: input.filter_string,
          byTraces: input.include_trace_count,
          limit,
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const count = (issue: Issue) => (input.include_trace_count ? { trace_count: issue.traces } : {});
        return {
          issues: page.items.map((issue) => ({ ...presentIssue(issue), ...count(issue) })),
          ...nextToken(page.nextPageToken),
        };
      },
    }),
  ];
}

function presentIssue(issue: Issue): object {
  return {
    issue_id: issue.id,
    experiment_id: issue.experimentId,
    name: issue.name,
    description: issue.description,
    status: issue.status,
    ...(issue.severity === null ? {} : { severity: issue.severity }),
    root_causes: issue.rootCauses,
    categories: issue.categories,
    ...(issue.sourceRunId === null ? {} : { source_run_id: issue.sourceRunId }),
    ...(issue.createdBy === null ? {} : { created_by: issue.createdBy }),
    created_timestamp: issue.createdAtMs,
    last_updated_timestamp: issue.updatedAtMs,
  };
}

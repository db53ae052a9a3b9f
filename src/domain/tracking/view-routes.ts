import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { base } from "./route-parts.ts";
import type { RunGate } from "./run-gate.ts";
import type { RunView, RunViews } from "./views.ts";

const short = z.string().max(300);
/** How the table is looked at; what is absent is as usual. */
const state = z.strictObject({
  filter: z.string().max(4_000).optional(),
  order: short.optional(),
  columns: z.array(short).max(200).optional(),
  pinned: z.array(short).max(50).optional(),
  group: short.optional(),
  onlyDifferent: z.boolean().optional(),
});

const view = z
  .object({
    id: z.string(),
    name: z.string(),
    state,
    owner: z.string(),
    isShared: z.boolean(),
    updatedAtMs: z.number(),
  })
  .meta({ id: "RunView" });

/** Named views of the table of runs. */
export function viewRoutes(views: RunViews, gate: RunGate): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/views`,
      permission: "run:read",
      scope: "handler",
      summary: "Lists the saved views of the runs of a project: one's own and those others share.",
      response: z.object({ views: z.array(view) }),
      async handler({ params, principal, ...asking }) {
        await gate.experimentsOf(params.project, asking);
        return { views: (await views.list(params.project, principal.id)).map(present) };
      },
    }),
    defineRoute({
      method: "PUT",
      path: `${base}/views`,
      permission: "run:read",
      scope: "handler",
      summary: "Saves a view of the runs under a name; one's own view of this name is replaced.",
      body: z.strictObject({
        name: z.string().trim().min(1).max(80),
        state,
        isShared: z.boolean().default(false),
      }),
      response: z.object({ view }),
      async handler({ params, body, principal, ...asking }) {
        await gate.experimentsOf(params.project, asking);
        const saved = await views.save({
          project: params.project,
          name: body.name,
          state: JSON.stringify(body.state),
          isShared: body.isShared,
          actor: principal.id,
        });
        return { view: present(saved) };
      },
    }),
    defineRoute({
      method: "DELETE",
      path: `${base}/views/:view`,
      permission: "run:read",
      scope: "handler",
      summary: "Deletes a saved view of one's own.",
      response: z.void(),
      async handler({ params, principal, ...asking }) {
        await gate.experimentsOf(params.project, asking);
        await views.remove({ project: params.project, id: params.view, actor: principal.id });
      },
    }),
  ];
}

function present({ id, name, state: kept, owner, isShared, updatedAtMs }: RunView): z.input<typeof view> {
  return { id, name, state: state.parse(JSON.parse(kept)), owner, isShared, updatedAtMs };
}

import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";

import type { OrderParts } from "./experiment-orders.ts";
import { problems } from "./problems.ts";
import { deleteView, listViews, readView, saveView } from "./store/views.ts";
import type { StoredView } from "./store/views.ts";

export type RunView = StoredView;

/** Named ways to look at a project's runs. Each belongs to who saved it; others read it once it is shared. */
export interface RunViews {
  list(project: string, reader: string): Promise<readonly RunView[]>;
  /** Saving under a name that its owner has used replaces that view. */
  save(order: {
    project: string;
    name: string;
    state: string;
    isShared: boolean;
    actor: string;
  }): Promise<RunView>;
  remove(order: { project: string; id: string; actor: string }): Promise<void>;
}

export function createViews({ db, ledger, clock, write }: OrderParts): RunViews {
  return {
    list: (project, reader) => listViews(db, project, reader),
    async save({ project, name, state, isShared, actor }) {
      return await write(async () => {
        const nowMs = clock.nowMs();
        const saved = await saveView(db, {
          id: createId("runView", clock),
          project,
          name,
          state,
          owner: actor,
          isShared,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        });
        const data = { name, isShared };
        await ledger.append({ kind: "run_view.saved", subject: saved.id, project, actor, data });
        return saved;
      });
    },
    async remove({ project, id, actor }) {
      await write(async () => {
        const view = await readView(db, project, id);
        // Another's view is not there for whoever may not see it, and not theirs to delete when shared.
        if (view === undefined || (view.owner !== actor && !view.isShared)) throw notFound(id);
        if (view.owner !== actor)
          throw new Problem(problems.run_view_foreign, {
            message: `The view ${view.name} belongs to somebody else.`,
          });
        await deleteView(db, id);
        const data = { name: view.name };
        await ledger.append({ kind: "run_view.deleted", subject: id, project, actor, data });
      });
    },
  };
}

function notFound(id: string): Problem {
  return new Problem(problems.run_view_not_found, { message: `There is no view ${id.slice(0, 80)}.` });
}

import { modelThing } from "#access";
import type { Visit } from "#kernel/http";

/** What a route knows of its visitor. */
type Asking = Pick<Visit, "allow" | "onlyAllowed">;

/**
 * Whether a visitor may, model by model: roles in the project and grants on single models decide together, as
 * they do for MLflow's clients. A route that asks here has `scope: "handler"`.
 */
export interface ModelGate {
  /**
   * Passes when the visitor may with this model of the project. Where there is none, the project decides: whoever
   * may not read it is not told that there is no such model.
   */
  pass(project: string, model: string, asking: Asking): Promise<void>;
  /** The rows about models with which the visitor may; throws when that is none, and not the project either. */
  only<Row extends { readonly model: string }>(
    project: string,
    rows: readonly Row[],
    asking: Asking,
  ): Promise<Row[]>;
}

/** `flatNameOf`: the name under which grants on a model of a project are kept; undefined where there is no such model. */
export function createModelGate(
  flatNameOf: (project: string, model: string) => Promise<string | undefined>,
): ModelGate {
  const thingOf = async (project: string, model: string): Promise<string | undefined> => {
    const name = await flatNameOf(project, model);
    return name === undefined ? undefined : modelThing(name);
  };
  return {
    pass: async (project, model, { allow }) => allow(project, await thingOf(project, model)),
    async only(project, rows, { allow, onlyAllowed }) {
      const models = [...new Set(rows.map(({ model }) => model))];
      const things = new Map(
        await Promise.all(models.map(async (model) => [model, await thingOf(project, model)] as const)),
      );
      const visible = await onlyAllowed(
        rows,
        () => project,
        ({ model }) => things.get(model),
      );
      if (visible.length === 0) await allow(project);
      return visible;
    },
  };
}

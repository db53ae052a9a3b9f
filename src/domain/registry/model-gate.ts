import { modelThing } from "#access";
import type { Visit } from "#kernel/http";

/** What a route knows of its visitor. */
export type Asking = Pick<Visit, "allow" | "onlyAllowed">;

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
  /** As `only`, for rows that tell of several models, or of none: then the project decides. */
  onlyAbout<Row>(
    project: string,
    rows: readonly Row[],
    modelsOf: (row: Row) => readonly string[],
    asking: Asking,
  ): Promise<Row[]>;
}

/** The names under which grants on models of a project are kept, by model; a model that is not there has none. */
export type FlatNames = (project: string, models: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export function createModelGate(flatNamesOf: FlatNames): ModelGate {
  const thingsOf = async (project: string, models: readonly string[]) =>
    new Map([...(await flatNamesOf(project, models))].map(([model, name]) => [model, modelThing(name)]));
  const onlyAbout: ModelGate["onlyAbout"] = async (project, rows, modelsOf, { allow, onlyAllowed }) => {
    const models = [...new Set(rows.flatMap(modelsOf))];
    const things = await thingsOf(project, models);
    // Each model is asked about once, and the project once, however many rows there are.
    const allowed = await onlyAllowed(
      [...models, null],
      () => project,
      (model) => (model === null ? undefined : things.get(model)),
    );
    const may = new Set(allowed);
    const visible = rows.filter((row) => {
      const about = modelsOf(row);
      return about.length === 0 ? may.has(null) : about.every((model) => may.has(model));
    });
    if (visible.length === 0) await allow(project);
    return visible;
  };
  return {
    pass: async (project, model, { allow }) => allow(project, (await thingsOf(project, [model])).get(model)),
    only: (project, rows, asking) => onlyAbout(project, rows, ({ model }) => [model], asking),
    onlyAbout,
  };
}

import type { NamedModels } from "#registry";
import type { NamedModelCommands } from "#registry/commands";

export type {
  NamedModel as ForeignModel,
  NamedSearch as ModelSearch,
  NamedVersion as ForeignVersion,
} from "#registry";

/**
 * What the routes of registered models need of a registry. MLflow's names are one flat space; which
 * project a name belongs to is the registry's to say. Absent things are Problems of kind `not_found`
 * whose messages contain what clients look for (`Registered Model with name=… not found`, `Model
 * Version (name=…, version=…) not found`), an existing name is the code `model_exists`.
 */
export type RegistryForMlflow = NamedModels & NamedModelCommands;

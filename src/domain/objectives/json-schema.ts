import { z } from "zod";

import { projectFileSchema } from "./grammar.ts";

/**
 * The JSON Schema (2020-12) of `gyre.yaml`, for completion in editors. It comes from the schema that
 * checks the file, so it cannot lag behind; contradictions between parts are beyond what it can say.
 */
export function projectFileJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(projectFileSchema, { io: "input", target: "draft-2020-12" }),
    $id: "gyre.schema.json",
    title: "The project file of Gyre, gyre.yaml",
  };
}

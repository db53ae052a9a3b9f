import type { z } from "zod";

import type { ProblemDefinition, SourcePosition } from "../errors.ts";
import { throwFaults } from "./faults.ts";
import type { YamlPath } from "./faults.ts";
import { expectationsOf, faultsOfIssues } from "./issues.ts";
import { problems } from "./problems.ts";
import { readYamlSource } from "./source.ts";

/** A YAML file that fits its grammar, with the place of everything that stands in it. */
export interface YamlFile<Value> {
  readonly value: Value;
  /** The place of a value; of the nearest thing above it when it is not there. */
  positionOf(path: YamlPath): SourcePosition;
  /** The place of the key that leads to a value. */
  keyPositionOf(path: YamlPath): SourcePosition;
}

export interface YamlReading<Schema extends z.ZodType> {
  /** The name by which the writer knows the file, for messages. */
  readonly file: string;
  /** Strict objects refuse unknown keys and name the nearest known one. A message of the schema's own says what was expected. */
  readonly schema: Schema;
  /** The problem to throw instead of `yaml_invalid`: a module's own code for its own kind of file. */
  readonly problem?: ProblemDefinition;
}

/**
 * Reads a YAML text against a schema. Throws one Problem that lists every fault with its line and column
 * (`faultsOf`); those of the grammar are looked for once the syntax is right.
 *
 * A schema's `error: "a duration such as 10m"` completes "expected …, found …". A refinement's message
 * (issue code `custom`) is taken as a whole sentence instead.
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  { file, schema, problem = problems.yaml_invalid }: YamlReading<Schema>,
): YamlFile<z.output<Schema>> {
  const source = readYamlSource(text, file);
  if (source.faults.length > 0) throwFaults(problem, source.faults);
  if (source.document.contents === null) {
    throwFaults(problem, [{ message: `${file} is empty.`, position: source.positionOf([]), path: [] }]);
  }
  const expectations = expectationsOf();
  const parsed = schema.safeParse(source.value, { error: expectations.error, jitless: true });
  if (!parsed.success) throwFaults(problem, faultsOfIssues(parsed.error.issues, source, expectations));
  return { value: parsed.data, positionOf: source.positionOf, keyPositionOf: source.keyPositionOf };
}

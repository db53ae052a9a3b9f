import { parse as parseToml } from "smol-toml";
import type { TomlTable, TomlValue } from "smol-toml";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { readPythonParameters } from "./python-parameters.ts";
import { readYamlSite } from "./source.ts";
import { isMapping, kindOf } from "./values.ts";
import type { Mapping, Value } from "./values.ts";

/**
 * Reads a file of parameters: YAML, JSON, TOML, or the assignments of a Python file, by its ending.
 * Throws `pipeline_invalid` when it cannot be read or holds no mapping.
 */
export function readParameterFile(file: string, text: string): Mapping {
  const value = readByEnding(file, text);
  if (value === null) return {};
  if (!isMapping(value)) {
    throw invalidFile(file, `holds ${kindOf(value)} where a mapping of names to values was expected`);
  }
  return value;
}

function readByEnding(file: string, text: string): Value {
  const ending = file.slice(file.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "toml") return readToml(file, text);
  if (ending === "py") return readPythonParameters(text);
  if (ending === "json") refuseInvalidJson(file, text);
  // JSON is a part of YAML 1.2, and the YAML reader keeps 1 and 1.0 apart.
  return readYamlSite(file, text).value ?? null;
}

function refuseInvalidJson(file: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalidFile(file, `is not valid JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

function readToml(file: string, text: string): Value {
  try {
    return fromToml(parseToml(text, { integersAsBigInt: true }));
  } catch (error) {
    throw invalidFile(
      file,
      `is not valid TOML (${error instanceof Error ? error.message.split("\n")[0] : String(error)})`,
    );
  }
}

function fromToml(value: TomlValue | TomlTable): Value {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(fromToml);
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromToml(member)]));
  }
  return value;
}

function invalidFile(file: string, reason: string): Problem {
  return new Problem(problems.pipeline_invalid, {
    message: `${file} ${reason}.`,
    position: { file, line: 1, column: 1 },
  });
}

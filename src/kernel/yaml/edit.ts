import { isScalar, parseDocument } from "yaml";
import type { Scalar } from "yaml";

import { Problem } from "../errors.ts";
import { nameOfPath, throwFaults } from "./faults.ts";
import type { YamlPath } from "./faults.ts";
import { problems } from "./problems.ts";
import { readYamlSource } from "./source.ts";
import type { YamlSource } from "./source.ts";

/**
 * Gives the text with another value at a path. A plain value that is already there is replaced in its
 * place, so every other byte of the file stays, comments and alignment included; anything else (a new
 * key, a list, a mapping) is set in the document, which keeps comments and may fold spaces.
 * Throws `yaml_invalid` for a text that does not parse, `yaml_not_editable` where the path leads nowhere.
 */
export function setYamlValue(text: string, path: YamlPath, value: unknown, file: string): string {
  const source = readEditable(text, file);
  const node = source.nodeAt(path);
  if (isScalar(node) && node.source !== "" && isPlainValue(value)) {
    const replaced = replaceScalar(text, node, value);
    if (readsAs(replaced, path, value, file)) return replaced;
  }
  return rewrite(source, path, () => source.document.setIn(path, value));
}

/** Gives the text without the key or item at a path. */
export function removeYamlValue(text: string, path: YamlPath, file: string): string {
  const source = readEditable(text, file);
  return rewrite(source, path, () => source.document.deleteIn(path));
}

type PlainValue = string | number | boolean;

function isPlainValue(value: unknown): value is PlainValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function readEditable(text: string, file: string): YamlSource {
  const source = readYamlSource(text, file);
  if (source.faults.length > 0) throwFaults(problems.yaml_invalid, source.faults);
  return source;
}

function replaceScalar(text: string, node: Scalar, value: PlainValue): string {
  const [start, end] = node.range ?? [0, 0];
  return text.slice(0, start) + scalarText(value, node.type) + text.slice(end);
}

/** The value in the quotes it had; a text that YAML would read otherwise without quotes gets them. */
function scalarText(value: PlainValue, style: Scalar["type"]): string {
  if (typeof value !== "string") return String(value);
  if (style === "QUOTE_SINGLE" && !value.includes("\n")) return `'${value.replaceAll("'", "''")}'`;
  const needsQuotes =
    style !== "PLAIN" || parseDocument(value).toJS() !== value || /[,[\]{}#:\n]/.test(value);
  return needsQuotes ? JSON.stringify(value) : value;
}

function readsAs(text: string, path: YamlPath, value: PlainValue, file: string): boolean {
  const read = readYamlSource(text, file);
  const node = read.nodeAt(path);
  return read.faults.length === 0 && isScalar(node) && node.value === value;
}

function rewrite(source: YamlSource, path: YamlPath, change: () => void): string {
  try {
    change();
  } catch (cause) {
    throw new Problem(problems.yaml_not_editable, {
      message: `${nameOfPath(path)} cannot be written: something that is no mapping stands on the way.`,
      cause,
    });
  }
  return source.document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

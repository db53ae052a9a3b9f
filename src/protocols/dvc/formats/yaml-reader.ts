import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node, ParsedNode } from "yaml";

import { floatText, readsAsAnother, Verbatim } from "./scalar.ts";
import { invalidFile } from "./invalid-file.ts";
import { isYamlMapping } from "./yaml-value.ts";
import type { YamlMapping, YamlValue } from "./yaml-value.ts";

export interface YamlReading {
  /** Keep numbers in the form the file has them, for a file that is written again. */
  readonly keepsNumbers?: boolean;
}

/** Reads a YAML file that holds a mapping; an empty one holds nothing. Throws `dvc_file_invalid` with the place. */
export function readYaml(file: string, text: string, reading: YamlReading = {}): YamlMapping {
  const value = readYamlValue(file, text, reading);
  if (value === null) return {};
  if (!isYamlMapping(value)) throw invalidFile(file, "it holds no mapping at its top");
  return value;
}

/** Reads a YAML file that may hold anything. Throws `dvc_file_invalid` with the place. */
export function readYamlValue(file: string, text: string, reading: YamlReading = {}): YamlValue {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, intAsBigInt: true, merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalidFile(file, error.message.split("\n")[0] ?? "it is no YAML", { file, line, column: col });
  }
  return toValue(document.contents, document, reading);
}

function toValue(
  node: Node | ParsedNode | null | undefined,
  document: Document,
  reading: YamlReading,
): YamlValue {
  if (node === null || node === undefined) return null;
  if (isAlias(node)) return toValue(node.resolve(document), document, reading);
  if (isSeq(node)) return node.items.map((item) => toValue(asNode(item), document, reading));
  if (isMap(node)) {
    const entries: [string, YamlValue][] = [];
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
      const member = toValue(asNode(value), document, reading);
      if (name === "<<" && isYamlMapping(member)) entries.unshift(...Object.entries(member));
      else entries.push([isScalar(key) && typeof key.value === "string" ? key.value : name, member]);
    }
    return Object.fromEntries(entries);
  }
  return isScalar(node) ? toScalar(node.value, node.source, node.type, reading) : null;
}

function toScalar(
  value: unknown,
  source: string | undefined,
  type: string | undefined,
  { keepsNumbers = false }: YamlReading,
): YamlValue {
  if (typeof value === "string") {
    const isDate = type === "PLAIN" && /^\d{4}-/.test(value) && readsAsAnother(value);
    if (isDate) return new Verbatim(value);
    // `1_000` is a number to ruamel.
    const isGrouped = type === "PLAIN" && /^[-+]?[0-9]+(?:_[0-9]+)+$/.test(value);
    if (!isGrouped) return value;
    return keepsNumbers ? new Verbatim(value) : BigInt(value.replaceAll("_", ""));
  }
  if (typeof value === "number") {
    const isOdd =
      keepsNumbers && source !== undefined && Number.isFinite(value) && source !== floatText(value);
    return isOdd ? new Verbatim(source) : value;
  }
  if (typeof value === "bigint") {
    return keepsNumbers && source !== undefined && source !== String(value) ? new Verbatim(source) : value;
  }
  return typeof value === "boolean" ? value : null;
}

function asNode(value: unknown): Node | null {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : null;
}

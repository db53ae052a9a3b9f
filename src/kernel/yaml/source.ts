import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, YAMLError } from "yaml";

import type { SourcePosition } from "../errors.ts";
import type { YamlFault, YamlPath } from "./faults.ts";
import { explainSyntax } from "./syntax.ts";

/** A YAML text as read: its plain value, the place of everything in it, and what is wrong with its syntax. */
export interface YamlSource {
  readonly document: Document.Parsed;
  /** Null for an empty file. Meaningless when there are faults. */
  readonly value: unknown;
  readonly faults: readonly YamlFault[];
  /** The place of a value; of the nearest thing above it when it is not there. */
  positionOf(path: YamlPath): SourcePosition;
  /** The place of the key that leads to a value, else that of the value. */
  keyPositionOf(path: YamlPath): SourcePosition;
  /** The node at a path, aliases followed; undefined when nothing is there. */
  nodeAt(path: YamlPath): Node | undefined;
}

// Our files are written by hand; a megabyte is a mistake or an attack.
const maximumTextLength = 1_048_576;
// An alias may stand for an alias for an alias …: this bounds how many nodes a file can unfold into.
const maximumAliases = 100;

/** Reads YAML 1.2 (core schema: no dates, no `yes` for true). Never throws for what the text holds. */
export function readYamlSource(text: string, file: string): YamlSource {
  if (text.length > maximumTextLength) {
    return readBroken(file, `${file} is larger than ${maximumTextLength} characters.`);
  }
  try {
    return readDocument(text, file);
  } catch (error) {
    // The parser recurses, so a text of ten thousand brackets ends the stack; aliases without end are refused.
    if (error instanceof RangeError) return readBroken(file, `${file} is nested too deeply.`);
    if (error instanceof ReferenceError) {
      return readBroken(file, `${file} has aliases that unfold into too many values.`);
    }
    throw error;
  }
}

function readDocument(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const positionAt = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [
    ...firstPerLine([...document.errors, ...document.warnings], lines).map((error): YamlFault => {
      return { message: explainSyntax(error, text), position: positionAt(error.pos[0]), path: [] };
    }),
    ...danglingAliases(document).map(({ source, offset }): YamlFault => {
      const message = `The alias *${source} names an anchor that does not come before it.`;
      return { message, position: positionAt(offset), path: [] };
    }),
  ];
  return {
    document,
    value: faults.length === 0 ? (document.toJS({ maxAliasCount: maximumAliases }) ?? null) : null,
    faults,
    positionOf: (path) => positionAt(offsetOf(document, path)),
    keyPositionOf: (path) => positionAt(keyOffsetOf(document, path) ?? offsetOf(document, path)),
    nodeAt: (path) =>
      path.reduce<Node | undefined>((node, key) => childOf(document, node, key), rootOf(document)),
  };
}

/** One mistake makes the parser stumble several times; what follows in the same line is noise. */
function firstPerLine(errors: readonly YAMLError[], lines: LineCounter): readonly YAMLError[] {
  if (errors.some((error) => error.code === "RESOURCE_EXHAUSTION")) throw new RangeError("nested too deeply");
  const seen = new Set<number>();
  return errors.filter((error) => {
    const { line } = lines.linePos(error.pos[0]);
    return !seen.has(line) && seen.add(line);
  });
}

function danglingAliases(document: Document.Parsed): { source: string; offset: number }[] {
  const dangling: { source: string; offset: number }[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      dangling.push({ source: alias.source, offset: alias.range?.[0] ?? 0 });
    },
  });
  return dangling;
}

function readBroken(file: string, message: string): YamlSource {
  const start: SourcePosition = { file, line: 1, column: 1 };
  return {
    document: parseDocument(""),
    value: null,
    faults: [{ message, position: start, path: [] }],
    positionOf: () => start,
    keyPositionOf: () => start,
    nodeAt: () => undefined,
  };
}

function rootOf(document: Document.Parsed): Node | undefined {
  return document.contents ?? undefined;
}

function offsetOf(document: Document.Parsed, path: YamlPath): number {
  let node = rootOf(document);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const child = childOf(document, node, key);
    // A value that is left out (`key:`) stands nowhere; its key does.
    const isLeftOut = isScalar(child) && child.value === null && child.source === "";
    const found =
      isLeftOut || child === undefined ? keyOffsetOf(document, path.slice(0, depth + 1)) : child.range?.[0];
    if (found === undefined)
      return depth === 0 ? offset : (keyOffsetOf(document, path.slice(0, depth)) ?? offset);
    offset = found;
    node = child;
  }
  return offset;
}

function keyOffsetOf(document: Document.Parsed, path: YamlPath): number | undefined {
  const key = path.at(-1);
  if (typeof key !== "string") return undefined;
  let parent = rootOf(document);
  for (const part of path.slice(0, -1)) parent = childOf(document, parent, part);
  const pair = pairOf(resolveAlias(document, parent), key);
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

function childOf(
  document: Document.Parsed,
  parent: Node | undefined,
  key: string | number,
): Node | undefined {
  const node = resolveAlias(document, parent);
  const child: unknown = isSeq(node) ? node.items[Number(key)] : pairOf(node, String(key))?.value;
  return isMap(child) || isSeq(child) || isScalar(child) || isAlias(child) ? child : undefined;
}

function pairOf(node: Node | undefined, key: string): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function resolveAlias(document: Document.Parsed, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

import { isCollection, isPair, isScalar, parseDocument, Scalar, visit } from "yaml";
import type { Document, Node } from "yaml";

import { Verbatim } from "./scalar.ts";
import type { YamlValue } from "./yaml-value.ts";

/** Whether somebody has written comments into a YAML text: such a file is edited, not written anew. */
export function hasComments(text: string): boolean {
  if (!text.includes("#")) return false;
  const document = parseDocument(text);
  let found = isSet(document.comment) || isSet(document.commentBefore);
  visit(document, (_key, node) => {
    if (isPair(node) || !(isScalar(node) || isCollection(node))) return;
    if (isSet(node.comment) || isSet(node.commentBefore)) found = true;
    return found ? visit.BREAK : undefined;
  });
  return found;
}

export function openCommented(text: string): Document.Parsed {
  return parseDocument(text, { intAsBigInt: true });
}

export function closeCommented(document: Document.Parsed): string {
  return document.toString({ indentSeq: false, lineWidth: 80 });
}

export function nodeOf(document: Document.Parsed, value: YamlValue): Node {
  return document.createNode(withoutVerbatim(value));
}

function withoutVerbatim(value: YamlValue): unknown {
  if (value instanceof Verbatim) {
    const scalar = new Scalar(value.text);
    scalar.type = "PLAIN";
    return scalar;
  }
  if (Array.isArray(value)) return value.map(withoutVerbatim);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutVerbatim(member)]));
}

function isSet(comment: string | null | undefined): boolean {
  return comment !== null && comment !== undefined && comment !== "";
}

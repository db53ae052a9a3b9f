import { z } from "zod";

import { projectFileJsonSchema } from "#objectives";

import { generatedNote, table } from "./markdown.ts";

/** The part of JSON Schema that the project file uses. */
const schemaNode = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), schemaNode).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schemaNode]).optional();
  },
  get items() {
    return schemaNode.optional();
  },
  get anyOf() {
    return z.array(schemaNode).optional();
  },
});
type SchemaNode = z.output<typeof schemaNode>;

/** The JSON Schema that gives editors completion for `gyre.yaml`. */
export function renderProjectFileSchema(): string {
  return `${JSON.stringify(projectFileJsonSchema(), null, 2)}\n`;
}

/** The page of every key of `gyre.yaml`. */
export function renderProjectFile(): string {
  const root = schemaNode.parse(projectFileJsonSchema());
  const sections = Object.entries(root.properties ?? {}).map(([key, node]) => {
    const isRequired = root.required?.includes(key) === true;
    const rows = rowsOf(key, node, isRequired);
    return `## ${key}\n\n${table(["key", "value", "meaning"], rows)}`;
  });
  return `${[
    "# gyre.yaml",
    generatedNote,
    `The file that says what a project is for, what it is made of and how it is run. A key in **bold** is
required where its parent is given. \`<name>\` stands for a name of your choice, \`[]\` for each entry of a
list. A key that is not listed here is an error that names the nearest one that is. For completion in an
editor, begin the file with \`# yaml-language-server: $schema=…/docs/reference/gyre.schema.json\`.`,
    ...sections,
  ].join("\n\n")}\n`;
}

function rowsOf(path: string, node: SchemaNode, isRequired: boolean): readonly (readonly string[])[] {
  const name = isRequired ? `**\`${path}\`**` : `\`${path}\``;
  return [[name, valueOf(node), node.description ?? ""], ...childrenOf(path, node)];
}

function childrenOf(path: string, node: SchemaNode): readonly (readonly string[])[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    rowsOf(`${path}.${key}`, child, node.required?.includes(key) === true),
  );
  const named = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  return [
    ...own,
    ...(named === undefined ? [] : rowsOf(`${path}.<name>`, named, false)),
    ...(node.items === undefined ? [] : childrenOf(`${path}[]`, node.items)),
    ...(node.anyOf ?? []).flatMap((choice) => childrenOf(path, choice)),
  ];
}

function valueOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(valueOf))].join(" or ");
  if (node.items !== undefined) return `list of ${valueOf(node.items)}`;
  if (node.type === "object") return "mapping";
  if (node.type === "string") return "text";
  if (Array.isArray(node.type)) return node.type.map((type) => valueOf({ type })).join(" or ");
  return node.type ?? "anything";
}

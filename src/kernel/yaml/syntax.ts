import type { ErrorCode, YAMLError } from "yaml";

/** What is wrong with the syntax, in the words of someone who writes YAML rather than a parser for it. */
export function explainSyntax(error: YAMLError, text: string): string {
  const explained = explanations[error.code];
  if (error.code === "DUPLICATE_KEY")
    return `The key "${wordAt(text, error.pos[0])}" stands twice in the same mapping.`;
  if (error.code === "BAD_INDENT" && error.message.startsWith("Flow")) return unclosed;
  return explained ?? `This is not valid YAML: ${error.message.replace(/\.$/, "")}.`;
}

// The parser calls this a matter of indentation, too.
const unclosed =
  "A bracket that was opened before is not closed here: a list in brackets ends with ], a mapping with }.";

const explanations: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: "A tab indents this line. YAML is indented with spaces only.",
  BAD_INDENT: "This line is indented by another number of spaces than the lines it belongs to.",
  MISSING_CHAR:
    "A sign is missing here: a colon after a key, a comma between items, or the closing bracket or quote.",
  BAD_ALIAS: "This alias is malformed, or its anchor does not come before it.",
  MULTIPLE_DOCS: "The file holds more than one document. Remove the second one and its ---.",
  BLOCK_AS_IMPLICIT_KEY: "A second colon stands in this line. Put a value that holds a colon into quotes.",
  MULTILINE_IMPLICIT_KEY: "This key runs over more than one line; a colon is missing or misplaced.",
  NON_STRING_KEY: "A key must be text. Put it into quotes.",
  TAG_RESOLVE_FAILED:
    "A tag (an exclamation mark and a word) means nothing here. Remove it, or put the value into quotes.",
};

function wordAt(text: string, offset: number): string {
  return /^["']?([^"':\s]*)/.exec(text.slice(offset, offset + 200))?.[1] ?? "";
}

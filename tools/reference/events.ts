import { globSync, readFileSync } from "node:fs";

import { generatedNote, table } from "./markdown.ts";

export interface EventDescription {
  readonly module: string;
  readonly kind: string;
  /** The type of its data, as written. */
  readonly data: string;
  readonly says: string;
}

/** The page of every kind of event the ledger may hold, by module. */
export function renderEvents(): string {
  const events = collectEvents();
  const modules = [...new Set(events.map(({ module }) => module))];
  const sections = modules.map((module) => {
    const rows = events
      .filter((event) => event.module === module)
      .map(({ kind, data, says }) => [`\`${kind}\``, data === "{}" ? "" : `\`${data}\``, says]);
    return `## ${module}\n\n${table(["kind", "data", ""], rows)}`;
  });
  return `${[
    "# Events",
    generatedNote,
    `Every change of state is one line of the ledger: \`seq\`, \`atMs\`, \`actor\`, \`project\`, \`kind\`,
\`subject\` (the id of what changed), \`data\`, and the hash that ties it to the line before. \`gyre audit\`
lists them and \`gyre audit verify\` checks the chain. These are the kinds and their data.`,
    ...sections,
  ].join("\n\n")}\n`;
}

/** Reads the declarations of events from the sources: types are gone when a program runs. */
export function collectEvents(): readonly EventDescription[] {
  const files = globSync("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
  return files.toSorted().flatMap((file) => {
    const source = readFileSync(file, "utf8");
    const module = file.replace(/^src\//, "").replace(/\/[^/]*$/, "");
    return eventsIn(source).map((event) => ({ module, ...event }));
  });
}

const memberPattern = /((?:\/\*\*(?:[^*]|\*(?!\/))*\*\/\s*)?)"([a-z_.]+)":\s*/g;

export function eventsIn(source: string): readonly Omit<EventDescription, "module">[] {
  const start = /^(?:\s*declare module "#kernel\/events" \{\s*|export )interface Events \{/m.exec(source);
  if (start === null) return [];
  const body = untilClosed(source, start.index + start[0].length);
  const events: Omit<EventDescription, "module">[] = [];
  memberPattern.lastIndex = 0;
  for (let found = memberPattern.exec(body); found !== null; found = memberPattern.exec(body)) {
    const [, comment = "", kind = ""] = found;
    const type = untilSemicolon(body, memberPattern.lastIndex);
    memberPattern.lastIndex += type.length;
    events.push({ kind, data: shorten(type), says: textOf(comment) });
  }
  return events;
}

/** The text from `from` to the brace that closes the one just opened. */
function untilClosed(text: string, from: number): string {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}") depth--;
    if (depth === 0) return text.slice(from, at);
  }
  return text.slice(from);
}

function untilSemicolon(text: string, from: number): string {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if ("{[(".includes(character)) depth++;
    if ("}])".includes(character)) depth--;
    if (character === ";" && depth === 0) return text.slice(from, at);
  }
  return text.slice(from);
}

function shorten(type: string): string {
  return type
    .replaceAll(/\/\*\*.*?\*\//gs, "")
    .replaceAll("readonly ", "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/;\s*\}/g, " }")
    .trim();
}

function textOf(comment: string): string {
  return comment
    .replaceAll(/^\s*\/?\*+\/?|\*\/\s*$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";

/** Settings by section: `core`, `cache`, `parsing` and, with their names, `remote "storage"`. */
export type ConfigSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads the form of `.dvc/config`: sections in brackets, `key = value`, `#` begins a comment. */
export function readConfig(file: string, text: string): ConfigSections {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith(";")) continue;
    const title = /^\[\s*(?:'(?<quoted>[^']*)'|(?<bare>[^\]]*?))\s*\]/.exec(trimmed)?.groups;
    if (title !== undefined) {
      const name = (title["quoted"] ?? title["bare"] ?? "").trim().toLowerCase();
      current = sections.get(name) ?? new Map();
      sections.set(name, current);
      continue;
    }
    const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(trimmed) ?? [];
    if (key === undefined || current === undefined) {
      throw new Problem(problems.dvc_config_invalid, {
        message: `${file} has a line that is neither a section nor a setting: ${trimmed}`,
        position: { file, line: index + 1, column: 1 },
      });
    }
    current.set(unquote(key).toLowerCase(), readValue(value ?? ""));
  }
  return sections;
}

/** Settings of several files: the later one counts, key by key. */
export function mergeConfig(files: readonly ConfigSections[]): ConfigSections {
  const merged = new Map<string, Map<string, string>>();
  for (const sections of files) {
    for (const [name, settings] of sections) {
      merged.set(name, new Map([...(merged.get(name) ?? []), ...settings]));
    }
  }
  return merged;
}

function readValue(text: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text);
  if (quoted !== null) return quoted[2] ?? "";
  return text.replace(/\s+#.*$/, "").trim();
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** The rules of one `.dvcignore` or `.gitignore`, whose paths count from its folder. */
export interface IgnoreRules {
  /** Whether the last rule that speaks of a path leaves it out; undefined when none speaks of it. */
  verdict(path: string, isFolder: boolean): boolean | undefined;
}

interface Rule {
  readonly pattern: RegExp;
  readonly ignores: boolean;
  readonly foldersOnly: boolean;
}

/** Reads the rules as Git does: the last that matches counts, `!` takes back, `/` ties to the folder. */
export function readIgnoreRules(text: string): IgnoreRules {
  const rules = text.split(/\r?\n/).flatMap(readRule).toReversed();
  return {
    verdict(path, isFolder) {
      for (const { pattern, ignores, foldersOnly } of rules) {
        if ((isFolder || !foldersOnly) && pattern.test(path)) return ignores;
      }
      return undefined;
    },
  };
}

function readRule(line: string): readonly Rule[] {
  const trimmed = line.replace(/(?<!\\)[ \t]+$/, "");
  if (trimmed === "" || trimmed.startsWith("#")) return [];
  const ignores = !trimmed.startsWith("!");
  const body = ignores ? trimmed : trimmed.slice(1);
  const foldersOnly = body.endsWith("/");
  const glob = body.replace(/\/+$/, "");
  if (glob === "" || glob === "**") return glob === "" ? [] : [{ pattern: /^/, ignores, foldersOnly }];
  const prefix = glob.includes("/") ? "^" : "^(?:.*/)?";
  return [
    { pattern: new RegExp(`${prefix}${globPattern(glob.replace(/^\//, ""))}$`, "s"), ignores, foldersOnly },
  ];
}

/** A shell pattern as a regular expression: `*` stays within a name, `**` does not. */
export function globPattern(glob: string): string {
  let pattern = "";
  for (let index = 0; index < glob.length; index++) {
    const sign = glob[index] ?? "";
    if (glob.startsWith("**/", index)) {
      pattern += "(?:.*/)?";
      index += 2;
    } else if (glob.startsWith("/**", index) && index + 3 === glob.length) {
      pattern += "/.*";
      index += 2;
    } else if (glob.startsWith("**", index)) {
      pattern += ".*";
      index += 1;
    } else if (sign === "*") pattern += "[^/]*";
    else if (sign === "?") pattern += "[^/]";
    else if (sign === "[") {
      const end = glob.indexOf(
        "]",
        glob[index + 1] === "!" || glob[index + 1] === "^" ? index + 3 : index + 2,
      );
      if (end < 0) pattern += "\\[";
      else {
        const inner = glob
          .slice(index + 1, end)
          .replace(/^[!^]/, "^")
          .replaceAll("\\", "\\\\");
        pattern += `[${inner}]`;
        index = end;
      }
    } else if (sign === "\\" && index + 1 < glob.length) {
      pattern += escapeSign(glob[index + 1] ?? "");
      index += 1;
    } else pattern += escapeSign(sign);
  }
  return pattern;
}

function escapeSign(sign: string): string {
  return sign.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
}

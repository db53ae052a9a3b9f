import { posix } from "node:path";

/** A command that a warm interpreter can run as the shell would: `python file.py …` or `python -m module …`. */
export interface WarmCommand {
  readonly kind: "script" | "module";
  /** As the interpreter gets them, its own name first. */
  readonly words: readonly string[];
}

// Nothing here means anything to a shell. A word with quotes, a variable or a pattern is the shell's to read.
const plainWord = /^[\w@%+=:,./-]+$/;

/** Undefined for what only a shell, or a cold interpreter, can run. */
export function readWarmCommand(command: string | readonly string[]): WarmCommand | undefined {
  if (typeof command !== "string") return undefined;
  const words = command.trim().split(/[ \t]+/);
  const [program, first, second] = words;
  if (program === undefined || first === undefined || !words.every((word) => plainWord.test(word)))
    return undefined;
  if (program !== "python" && program !== "python3") return undefined;
  // What a word with = before the program is to a shell, the program itself never is: it is the first word.
  if (first === "-m") return second !== undefined && isModule(second) ? { kind: "module", words } : undefined;
  return isScript(first) ? { kind: "script", words } : undefined;
}

function isModule(name: string): boolean {
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(name);
}

/** Python makes the path absolute without tidying it up, so one that needs tidying is left to it. */
function isScript(path: string): boolean {
  return path.endsWith(".py") && posix.normalize(path) === path && !path.startsWith("..");
}

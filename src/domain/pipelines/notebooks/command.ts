import { posix } from "node:path";

import { firstCommand } from "./words.ts";

/** A command that executes a notebook without a person before it. */
export interface NotebookCommand {
  readonly tool: "papermill" | "nbconvert" | "jupyter execute";
  /** The notebook, from the folder the command runs in. */
  readonly notebook: string;
  /** What it writes; null when that is nothing. */
  readonly result: string | null;
}

/**
 * Recognises the commands by which notebooks are executed everywhere: papermill, `jupyter nbconvert
 * --execute`, `jupyter execute`, also as `python -m …`. So the pipeline file stays one that DVC runs too.
 */
export function notebookCommand(command: string): NotebookCommand | undefined {
  const [program = "", ...words] = withoutPython(firstCommand(command));
  const name = posix.basename(program);
  if (name === "papermill") return papermill(words);
  if (name === "jupyter-nbconvert" || name === "nbconvert") return nbconvert(words);
  if (name === "jupyter-execute") return execute(words);
  if (name !== "jupyter") return undefined;
  const [verb, ...rest] = words;
  if (verb === "nbconvert") return nbconvert(rest);
  return verb === "execute" ? execute(rest) : undefined;
}

/** `python -m papermill` is `papermill`. */
function withoutPython(words: readonly string[]): readonly string[] {
  const [program = "", flag, ...rest] = words;
  return /^python[\d.]*$/.test(posix.basename(program)) && flag === "-m" ? rest : words;
}

// Of papermill's options those that take values; a parameter takes two.
const papermillValues: Readonly<Record<string, number>> = {
  "-p": 2,
  "--parameters": 2,
  "-r": 2,
  "--parameters_raw": 2,
};
const papermillFlags =
  /^--?(no-)?(progress-bar|log-output|report-mode|request-save-on-cell-execute|inject-.*|autosave.*|prepare-only|version|help|help-notebook|stdout-file-.*)$/;

function papermill(words: readonly string[]): NotebookCommand | undefined {
  const paths: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-") || word === "-") paths.push(word);
    else if (!word.includes("=") && !papermillFlags.test(word)) index += papermillValues[word] ?? 1;
  }
  const [notebook, result = null] = paths;
  return notebook === undefined || notebook === "-" ? undefined : { tool: "papermill", notebook, result };
}

const extensions: Readonly<Record<string, string>> = {
  notebook: "ipynb",
  html: "html",
  markdown: "md",
  script: "py",
  rst: "rst",
  pdf: "pdf",
};

function nbconvert(words: readonly string[]): NotebookCommand | undefined {
  const notebook = words.find((word) => word.endsWith(".ipynb") && !word.startsWith("-"));
  if (notebook === undefined || !words.includes("--execute")) return undefined;
  if (words.includes("--inplace")) return { tool: "nbconvert", notebook, result: notebook };
  const extension = extensions[valueOf(words, "--to") ?? "html"] ?? "";
  const folder = valueOf(words, "--output-dir") ?? posix.dirname(notebook);
  const base = posix.basename(notebook, ".ipynb");
  const own = extension === "ipynb" ? `${base}.nbconvert.ipynb` : `${base}.${extension}`;
  const given = valueOf(words, "--output");
  const named = given === undefined || given.endsWith(`.${extension}`) ? given : `${given}.${extension}`;
  return { tool: "nbconvert", notebook, result: posix.join(folder, named ?? own) };
}

function execute(words: readonly string[]): NotebookCommand | undefined {
  const notebook = words.find((word) => word.endsWith(".ipynb") && !word.startsWith("-"));
  if (notebook === undefined) return undefined;
  const output = valueOf(words, "--output")?.replace("{notebook_name}", posix.basename(notebook, ".ipynb"));
  const result = words.includes("--inplace") ? notebook : output;
  return { tool: "jupyter execute", notebook, result: result ?? null };
}

function valueOf(words: readonly string[], option: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${option}=`));
  if (joined !== undefined) return joined.slice(option.length + 1);
  const index = words.indexOf(option);
  return index < 0 ? undefined : words[index + 1];
}

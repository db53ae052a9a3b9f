import { lstat, readFile, realpath } from "node:fs/promises";
import { basename, join, sep } from "node:path";

import type { Failure } from "../entities.ts";
import type { StepAttempt, StepEnding, StepListener } from "../ports.ts";
import { notebookCommand } from "./command.ts";
import type { NotebookCommand } from "./command.ts";
import { failedCellIn, failedCellOf } from "./failed-cell.ts";
import type { FailedCell } from "./failed-cell.ts";

/** Where the executed notebook is kept: among the artifacts of the step's run. */
export interface KeepNotebook {
  keep(runId: string, path: string, bytes: Uint8Array): Promise<void>;
}

// A notebook with pictures has megabytes; beyond that it is data, and belongs under outs.
const largestKeptBytes = 100_000_000;
const keptLines = 50;

/**
 * Watches over stages that execute a notebook: keeps the executed notebook as an artifact of the step's
 * run, also when it failed, which a stage's outs are not; and names the cell that failed, with its traceback.
 */
export function createNotebookListener({ keep }: KeepNotebook): StepListener {
  return {
    async listen(attempt) {
      const notebooks = attempt.stage.commands.flatMap((command) => notebookCommand(command) ?? []);
      return {
        variables: {},
        async end(ending) {
          let failed: { readonly command: NotebookCommand; readonly cell: FailedCell } | undefined;
          for (const command of notebooks) {
            const content = await readResult(attempt, command);
            if (content === undefined || command.result === null) continue;
            await keep(attempt.runId, `notebooks/${basename(command.result)}`, content);
            const cell = failedCellOf(content.toString("utf8"));
            if (cell !== undefined) failed = { command, cell };
          }
          if (ending.failure === null || ending.isCancelled) return undefined;
          const [last] = notebooks.slice(-1);
          if (last === undefined) return undefined;
          const printed = failedCellIn(ending.lastLines);
          if (failed === undefined && printed !== undefined) failed = { command: last, cell: printed };
          return failed === undefined
            ? missingTool(ending, last)
            : describe(attempt, ending.failure, failed.command, failed.cell);
        },
      };
    },
  };
}

async function readResult(
  { folder, stage }: StepAttempt,
  { result }: NotebookCommand,
): Promise<Buffer | undefined> {
  if (result === null) return undefined;
  const path = join(folder, stage.wdir, result);
  const status = await lstat(path).catch(() => undefined);
  if (status?.isFile() !== true || status.size > largestKeptBytes) return undefined;
  // The command is the project's, but what is kept of it must lie within the project's files.
  const [place, root] = [await realpath(path), await realpath(folder)];
  return place.startsWith(`${root}${sep}`) ? await readFile(path) : undefined;
}

function describe(
  { stage }: StepAttempt,
  failure: Failure,
  { notebook }: NotebookCommand,
  { label, error, lines }: FailedCell,
): { readonly failure: Failure; readonly lastLines: readonly string[] } {
  const message = `The stage "${stage.name}" failed: cell ${label} of ${notebook} raised ${error}`;
  const next = `Mend the cell, and run again; the executed notebook is among the artifacts of the step's run.`;
  return {
    failure: { ...failure, message: message.endsWith(".") ? message : `${message}.`, next },
    lastLines: [`${notebook}, ${label}:`, ...lines].slice(-keptLines),
  };
}

const packages = {
  papermill: "papermill and ipykernel",
  nbconvert: "nbconvert and ipykernel",
  "jupyter execute": "nbclient and ipykernel",
} as const;

/** The most usual reason why a notebook does not even begin. */
function missingTool(
  { exitCode, failure, lastLines }: StepEnding,
  { tool }: NotebookCommand,
): { readonly failure: Failure } | undefined {
  const isMissing = exitCode === 127 || lastLines.some((line) => /No module named|NoSuchKernel/.test(line));
  if (failure === null || !isMissing) return undefined;
  return { failure: { ...failure, next: `Add ${packages[tool]} to the project's requirements.` } };
}

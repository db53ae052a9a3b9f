import type { Command } from "commander";

import { overviewOfDvc } from "../dvc/overview.ts";

/** Its place in the overview and in the reference; `main.ts` hands `gyre dvc …` to `dvc/run.ts` itself. */
export function registerDvc(program: Command): void {
  program
    .command("dvc [words...]")
    .description("DVC's verbs, on a DVC repository in place: add, checkout, status, repro, push, pull, …")
    .configureHelp({ formatHelp: () => `${overviewOfDvc()}\n` })
    .allowUnknownOption();
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The program `argo` of Argo Workflows, which has the validator that a cluster applies too: the one named by
 * `GYRE_TEST_ARGO`, or that in PATH. A text that says why there is none starts with `no`. It is built from the
 * module github.com/argoproj/argo-workflows/v4 by `go build ./cmd/argo`, with an empty file in `ui/dist/app` for
 * the pages that it would serve; that takes some ten minutes, so no test does it.
 */
export async function findArgo(): Promise<string> {
  const program = process.env["GYRE_TEST_ARGO"] ?? "argo";
  try {
    await run(program, ["version", "--short"], { timeout: 60_000 });
    return program;
  } catch {
    return `no program ${program}: put Argo's into PATH, or name it by GYRE_TEST_ARGO`;
  }
}

/** What it says of a file that it refuses; nothing where all is well. It asks no cluster. */
export async function lint(program: string, file: string): Promise<string> {
  try {
    await run(program, ["lint", "--offline", "--no-color", file], { timeout: 120_000 });
    return "";
  } catch (error) {
    const said = error instanceof Error ? error : new Error(String(error));
    return ["stdout", "stderr"].map((stream) => String(Reflect.get(said, stream))).join("");
  }
}

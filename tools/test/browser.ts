import { existsSync } from "node:fs";
import { join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The Chromium to test in: `GYRE_TEST_CHROMIUM`, or the first of the usual names in PATH. */
export function findChromium(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment["GYRE_TEST_CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const folders = (environment["PATH"] ?? "").split(":");
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

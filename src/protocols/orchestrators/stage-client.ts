import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The program that starts a stage here and waits for it: Python's standard library alone. */
export function stageClient(url: string): string {
  const text = readFileSync(join(import.meta.dirname, "stage-client.py"), "utf8");
  return text.replace(
    "LONGEST_SILENCE_SECONDS =",
    `GYRE_URL = ${pythonText(url)}\nLONGEST_SILENCE_SECONDS =`,
  );
}

/** A text as Python writes it: JSON's escapes are among Python's. */
export function pythonText(text: string): string {
  return JSON.stringify(text);
}

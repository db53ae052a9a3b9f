import { invalid, missingParameter } from "./wire.ts";

/** Throws, in MLflow's words, for a name that no registered model can have. */
export function checkModelName(name: string, parameter = "name"): void {
  if (name.trim() === "") throw missingParameter(parameter);
  if (/[/:]/.test(name)) {
    throw invalid(`Invalid model name '${name.slice(0, 80)}'. Names cannot contain '/' or ':'.`);
  }
  if (name.includes("\0") || name === "." || name === ".." || name.length > 256) {
    throw invalid(
      `Invalid value ${JSON.stringify(name.slice(0, 80))} for parameter '${parameter}' supplied: Names must not be ` +
        `longer than 256 characters, nor resolve to another place when read as a path.`,
    );
  }
}

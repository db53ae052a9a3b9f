import { plain } from "../../components/format.ts";

export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** "train, evaluate · train.c 2", or that it is all of it. */
export function scopeWords(
  targets: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
): string {
  const what = targets.length === 0 ? "the whole pipeline" : targets.join(", ");
  const how = Object.entries(parameters).map(([name, value]) => `${name} ${plain(value)}`);
  return [what, ...how].join(" · ");
}

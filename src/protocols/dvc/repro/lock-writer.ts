import { readFileSync } from "node:fs";

import { readLockFile, writeLockFile } from "../formats/lock-file.ts";
import type { LockFile } from "../formats/lock-file.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";
import { isSame } from "../verbs/changes.ts";
import { writeTextFile } from "../verbs/write-text-file.ts";

/** Keeps one `dvc.lock` while stages end in whatever order. */
export interface LockWriter {
  /** Writes the entry of a stage that has just ended; tells whether the file is new, or said so already. */
  write(name: string, entry: YamlMapping): "generated" | "updated" | "unchanged";
}

/**
 * `order` is that of the plan: entries that are new to the file come in it, so that stages that ran beside
 * each other leave the same bytes as those that ran one after the other. What others wrote meanwhile stays.
 */
export function openLockWriter(file: string, place: string, order: readonly string[]): LockWriter {
  const rank = new Map(order.map((name, index) => [name, index]));
  const ours = new Set<string>();
  let lock: LockFile | undefined;
  const rankOf = (name: string): number => rank.get(name) ?? Number.MAX_SAFE_INTEGER;
  return {
    write(name, entry) {
      const text = readText(place) ?? "";
      if (lock === undefined || lock.text !== text) lock = readLockFile(file, text);
      const before = lock.stages.get(name);
      if (before !== undefined && isSame(before, entry)) return "unchanged";
      if (before === undefined) ours.add(name);
      const entries = [...new Map([...lock.stages, [name, entry] as const])];
      const stages = new Map([
        ...entries.filter(([one]) => !ours.has(one)),
        ...entries.filter(([one]) => ours.has(one)).toSorted(([a], [b]) => rankOf(a) - rankOf(b)),
      ]);
      const written = writeLockFile({ ...lock, stages }, new Map([[name, entry]]));
      writeTextFile(place, written);
      // YAML forgets all but one of the blanks where a line was broken. DVC goes on from what the file says then.
      lock = / {2}\n/.test(written)
        ? undefined
        : { file, stages, text: written, rest: text === "" ? { schema: "2.0" } : lock.rest };
      return text === "" ? "generated" : "updated";
    },
  };
}

function readText(place: string): string | undefined {
  try {
    return readFileSync(place, "utf8");
  } catch {
    return undefined;
  }
}

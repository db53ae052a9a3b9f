import type { Random } from "./random.ts";
import type { Question, Told } from "./twin.ts";

export interface Generator {
  next(): Question;
  /** Takes up the ids of an answer. */
  hear(told: Told): void;
}

export type Fields = Readonly<Record<string, unknown>>;
export type Move = readonly [weight: number, method: string, path: string, fields: () => Fields];

export const keys = ["loss", "acc", "a b", "depth", "kind", "team", "a.b", "a/b"];
export const badKeys = ["", "../x", "a//b", "/a", "a!b", "x".repeat(251), "ü"];
export const badValues: readonly unknown[] = [null, 7, true, ["a"], { a: 1 }, ""];

/** Each move as often as it weighs. */
export function wheelOf(moves: readonly Move[]): readonly Move[] {
  return moves.flatMap((move) => Array.from({ length: move[0] }, () => move));
}

/** Leaves a field out, gives it another kind of value, adds one nobody knows, or writes names in camelCase. */
export function spoil(random: Random, fields: Fields, isQuery: boolean): Fields {
  const { pick, percent } = random;
  // Without these each server looks at its own clock, or does something that the other does not.
  const names = Object.keys(fields).filter(
    (name) => !/^(start_time|timestamp|end_time|run_id|status)$/.test(name),
  );
  if (names.length === 0 || !percent(12)) return fields;
  const name = pick(names);
  const others = Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
  if (percent(40)) return others;
  // What is no list is a list of nothing there.
  if (percent(40) && !Array.isArray(fields[name])) return { ...others, [name]: pick(badValues) };
  if (isQuery || percent(50)) return { ...fields, nobody_knows: 1 };
  return Object.fromEntries(
    Object.entries(fields).map(([own, given]) => [
      // Theirs looks for these before it reads the others.
      /^(run_id|experiment_id|update_mask|trace_ids)$/.test(own)
        ? own
        : own.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      given,
    ]),
  );
}

export function ask(method: string, path: string, fields: Fields): Question {
  if (method !== "GET") {
    return {
      method,
      path,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(fields)),
    };
  }
  const query = new URLSearchParams();
  for (const [name, given] of Object.entries(fields)) {
    for (const one of Array.isArray(given) ? given : [given]) query.append(name, String(one));
  }
  return { method, path: `${path}?${query}`, headers: {} };
}

export function textAt(value: unknown, key: string): string | undefined {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === "string" ? found : undefined;
}

import { DvcCallError } from "./call-error.ts";

/** An option as DVC's own command line has it. */
export interface DvcOption {
  /** Such as `["-f", "--force"]`; the last names the value. */
  readonly flags: readonly string[];
  /** Whether a word follows: one, or as many as come before the next option. */
  readonly takes?: "one" | "many";
  readonly says: string;
  /** The values that may follow. */
  readonly choices?: readonly string[];
}

export interface DvcArguments {
  readonly targets: readonly string[];
  has(name: string): boolean;
  /** The word of an option; the last counts. */
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  /** A whole number. Throws for any other. */
  count(name: string): number | undefined;
}

/**
 * Reads words as Python's `argparse` does: options anywhere, `--name=value`, `-j4`, joined short flags, the
 * beginning of a long name if it is the only one. Throws `DvcCallError`.
 */
export function readArguments(words: readonly string[], options: readonly DvcOption[]): DvcArguments {
  const values = new Map<string, string[]>();
  const targets: string[] = [];
  const waiting = [...words];
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word === "--") targets.push(...waiting.splice(0));
    else if (word.startsWith("--")) readLong(word, options, waiting, values);
    else if (word.startsWith("-") && word !== "-") readShort(word, options, waiting, values);
    else targets.push(word);
  }
  return {
    targets,
    has: (name) => values.has(name),
    text: (name) => values.get(name)?.at(-1),
    texts: (name) => values.get(name) ?? [],
    count(name) {
      const text = values.get(name)?.at(-1);
      if (text === undefined) return undefined;
      if (/^[+-]?\d+$/.test(text)) return Number(text);
      throw new DvcCallError(`argument --${name}: invalid int value: '${text}'`);
    },
  };
}

function readLong(
  word: string,
  options: readonly DvcOption[],
  waiting: string[],
  values: Map<string, string[]>,
): void {
  const [name = "", value] = word.split(/=(.*)/s);
  const exact = options.filter(({ flags }) => flags.includes(name));
  const near =
    exact.length > 0 ? exact : options.filter(({ flags }) => flags.some((flag) => flag.startsWith(name)));
  const [option, second] = near;
  if (option === undefined) throw new DvcCallError(`unrecognized arguments: ${word}`);
  if (second !== undefined) {
    const names = near.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith(name)));
    throw new DvcCallError(`ambiguous option: ${name} could match ${names.join(", ")}`);
  }
  take(option, value, waiting, values);
}

function readShort(
  word: string,
  options: readonly DvcOption[],
  waiting: string[],
  values: Map<string, string[]>,
): void {
  const option = options.find(({ flags }) => flags.includes(word.slice(0, 2)));
  if (option === undefined) throw new DvcCallError(`unrecognized arguments: ${word}`);
  const rest = word.slice(2);
  if (option.takes !== undefined)
    return take(option, rest === "" ? undefined : rest.replace(/^=/, ""), waiting, values);
  take(option, undefined, waiting, values);
  if (rest !== "") readShort(`-${rest}`, options, waiting, values);
}

function take(
  option: DvcOption,
  value: string | undefined,
  waiting: string[],
  values: Map<string, string[]>,
): void {
  const name = nameOf(option);
  const known = values.get(name) ?? [];
  values.set(name, known);
  if (option.takes === undefined) {
    if (value !== undefined)
      throw new DvcCallError(`argument ${option.flags.join("/")}: ignored explicit argument '${value}'`);
    return;
  }
  const given = value === undefined ? [] : [value];
  const isWord = (next: string | undefined): next is string =>
    next !== undefined && (!next.startsWith("-") || next === "-" || /^-\d/.test(next));
  const wanted = option.takes === "one" ? 1 : Number.MAX_SAFE_INTEGER;
  for (let next = waiting[0]; given.length < wanted && isWord(next); next = waiting[0]) {
    given.push(next);
    waiting.shift();
  }
  if (given.length === 0)
    throw new DvcCallError(
      `argument ${option.flags.join("/")}: expected ${option.takes === "one" ? "one argument" : "at least one argument"}`,
    );
  for (const one of given) {
    if (option.choices !== undefined && !option.choices.includes(one)) {
      const choices = option.choices.map((choice) => `'${choice}'`).join(", ");
      throw new DvcCallError(
        `argument ${option.flags.join("/")}: invalid choice: '${one}' (choose from ${choices})`,
      );
    }
  }
  known.push(...given);
}

export function nameOf({ flags }: DvcOption): string {
  return (flags.at(-1) ?? "").replace(/^-+/, "");
}

import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { isComposite, isList, isMapping, toText } from "./values.ts";
import type { Mapping, Scalar, Value } from "./values.ts";

/** How booleans and lists of a mapping are written as flags; DVC's settings `parsing.bool` and `parsing.list`. */
export interface FlagStyle {
  readonly bool: "store_true" | "boolean_optional";
  readonly list: "nargs" | "append";
}

export const defaultFlagStyle: FlagStyle = { bool: "store_true", list: "nargs" };

/** `{ epochs: 5, shuffle: true, optim: { name: adam } }` as `--epochs 5 --shuffle --optim.name adam`. */
export function writeFlags(mapping: Mapping, style: FlagStyle, site: Site): string {
  return flatten(mapping)
    .filter(([name]) => name !== "") // a key that is no text, such as null, is none
    .flatMap(([name, value]) => writeFlag(name, value, style, site))
    .join(" ");
}

/** A word the shell reads as it stands. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function flatten(mapping: Mapping, prefix = ""): (readonly [string, Value])[] {
  return Object.entries(mapping).flatMap(([key, value]) =>
    isMapping(value) ? flatten(value, `${prefix}${key}.`) : [[`${prefix}${key}`, value] as const],
  );
}

function writeFlag(name: string, value: Value, style: FlagStyle, site: Site): readonly string[] {
  if (value === true) return [`--${name}`];
  if (value === false) return style.bool === "boolean_optional" ? [`--no-${name}`] : [];
  if (!isList(value)) return [`--${name} ${writeWord(name, value, site)}`];
  const words = value.map((member) => writeWord(name, member, site));
  if (style.list === "append") return words.map((word) => `--${name} ${word}`);
  return words.length === 0 ? [] : [`--${name} ${words.join(" ")}`];
}

function writeWord(name: string, value: Value, site: Site): string {
  if (isComposite(value)) {
    throw invalidAt(
      site,
      `"${name}" in ${site.name} is a list within a list, which has no form as a flag.`,
      "Keep lists of scalars in what is written into cmd.",
    );
  }
  return typeof value === "string" ? quoteForShell(value) : toText(value satisfies Scalar);
}

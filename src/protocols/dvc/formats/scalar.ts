import type { Scalar } from "#pipelines/definition";

/** A scalar kept as its file wrote it: a date, which YAML knows and JSON does not, or a number in a form of its own. */
export class Verbatim {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** How a scalar is written: bare, or between quotes of one kind. */
export type ScalarForm =
  | { readonly style: "plain"; readonly text: string }
  | { readonly style: "single" | "double"; readonly text: string };

/**
 * Chooses the form of a scalar as `ruamel.yaml`'s round-trip dumper does for YAML 1.2, which wrote every
 * file we share with DVC. `isKey`: within a key of a mapping no scalar may span lines.
 */
export function scalarForm(value: Scalar | Verbatim, isKey = false): ScalarForm {
  if (value instanceof Verbatim) return { style: "plain", text: value.text };
  if (typeof value !== "string") return { style: "plain", text: plainText(value) };
  const { mayBePlain, mayBeSingle, isMultiline } = analyse(value);
  const isShort = !(isKey && (value === "" || isMultiline));
  if (mayBePlain && isShort && !readsAsAnother(value)) return { style: "plain", text: value };
  if (/['\n]/.test(value)) return { style: "double", text: value };
  return { style: mayBeSingle && !(isKey && isMultiline) ? "single" : "double", text: value };
}

function plainText(value: null | boolean | bigint | number): string {
  if (value === null) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  return floatText(value);
}

/** Python's `repr` of a float, the shortest digits that read back. */
export function floatText(value: number): string {
  const [digits = "0", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = Object.is(value, -0) ? "-0" : exponent >= 15 ? BigInt(value).toString() : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

interface Analysis {
  readonly mayBePlain: boolean;
  readonly mayBeSingle: boolean;
  readonly isMultiline: boolean;
}

const breaks = "\n\u0085\u2028\u2029";

/** What the characters of a text allow. The rules are those of YAML 1.2, chapter 7.3, in block context. */
function analyse(text: string): Analysis {
  if (text === "") return { mayBePlain: false, mayBeSingle: true, isMultiline: false };
  const characters = [...text];
  const isMultiline = characters.some((character) => breaks.includes(character));
  const [first = "", last = ""] = [characters[0], characters.at(-1)];
  const startsOrEndsBlank = isBlank(first) || isBlank(last);
  const breakThenSpace = /[\n\u0085\u2028\u2029] /.test(text);
  const spaceThenBreak = / [\n\u0085\u2028\u2029]/.test(text);
  const isSpecial = characters.some((character) => !isPrintable(character)) || spaceThenBreak;
  return {
    mayBePlain:
      !startsOrEndsBlank && !isMultiline && !isSpecial && !breakThenSpace && !hasIndicator(text, characters),
    mayBeSingle: !isSpecial && !breakThenSpace,
    isMultiline,
  };
}

function hasIndicator(text: string, characters: readonly string[]): boolean {
  if (text.startsWith("---") || text.startsWith("...")) return true;
  const [first = "", second] = characters;
  const aloneOrBlank = second === undefined || isBlank(second) || second === "\0" || second === "\t";
  if ("#,[]{}&*!|>'\"%@`".includes(first)) return true;
  if ("?:-".includes(first) && aloneOrBlank) return true;
  return characters.some((character, index) => {
    if (index === 0) return false;
    const next = characters[index + 1];
    const before = characters[index - 1] ?? "";
    if (character === ":") return next === undefined || isBlank(next) || next === "\t";
    return character === "#" && (isBlank(before) || before === "\t");
  });
}

function isBlank(character: string): boolean {
  return character === " " || breaks.includes(character);
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true;
  if (code === 0xfeff) return false;
  return (
    code === 0x85 ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

// What a bare text would be read as in YAML 1.2, by ruamel's rules.
const otherTypes = [
  /^(?:true|True|TRUE|false|False|FALSE)$/,
  /^(?:~|null|Null|NULL)$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  /^(?:<<|=)$/,
];

export function readsAsAnother(text: string): boolean {
  // Whole numbers of underscores alone do not begin with a digit, so no reader looks at them.
  if (text.startsWith("_")) return false;
  return otherTypes.some((pattern) => pattern.test(text));
}

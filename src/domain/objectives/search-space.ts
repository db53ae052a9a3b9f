/** What a parameter of a study may be. */
export type SearchDomain =
  | {
      readonly kind: "float";
      readonly low: number;
      readonly high: number;
      /** Each order of magnitude is as likely as the next. */
      readonly log: boolean;
      /** Between two values, from `low` on; null for any number. */
      readonly step: number | null;
    }
  | {
      readonly kind: "int";
      readonly low: number;
      /** Inclusive. */
      readonly high: number;
      readonly log: boolean;
      readonly step: number;
    }
  | { readonly kind: "choice"; readonly options: readonly SearchValue[] };

export type SearchValue = string | number | boolean;

/** The domains by parameter: a key of params.yaml, or `file:key`. */
export type SearchSpace = Readonly<Record<string, SearchDomain>>;

/** What people may write for a domain, told where something else was found. */
export const domainNotation =
  "float(0, 1), float(0, 1, 0.25), log(1e-5, 1e-1), int(2, 12), int(2, 12, 2), logint(1, 1024) or choice(rbf, linear)";

/**
 * Reads `log(1e-5, 1e-1)`; a text that is no domain gives the reason in words. Items of a choice are numbers
 * or `true` and `false` where they read as such, and texts otherwise; quotes keep a text a text.
 */
export function parseDomain(written: string): SearchDomain | { readonly refusal: string } {
  const match = /^\s*([A-Za-z]+)\s*\((.*)\)\s*$/s.exec(written);
  if (match === null) {
    // YAML takes the comma within { } or [ ] for the end of the value.
    const isCut = /^[^()]+\([^)]*$/.test(written);
    const advice = isCut ? 'within { } it needs quotes, as in "int(2, 12)"' : domainNotation;
    return { refusal: `${JSON.stringify(written)} is no search domain: ${advice}` };
  }
  const [, name = "", inside = ""] = match;
  const words = splitArguments(inside);
  if (name === "choice") return choiceOf(words.map(readValue));
  if (name !== "float" && name !== "log" && name !== "int" && name !== "logint") {
    return { refusal: `there is no domain "${name}": ${domainNotation}` };
  }
  return rangeOf(name, words);
}

/** A choice of these. */
export function choiceOf(options: readonly SearchValue[]): SearchDomain | { readonly refusal: string } {
  if (options.length === 0) return { refusal: "a choice needs something to choose from" };
  if (new Set(options).size < options.length) return { refusal: "a choice names each option once" };
  return { kind: "choice", options };
}

/** The notation of a domain, such that reading it gives the domain again. */
export function domainText(domain: SearchDomain): string {
  if (domain.kind === "choice") return `choice(${domain.options.map(valueText).join(", ")})`;
  const { kind, low, high, log, step } = domain;
  const name = log ? (kind === "int" ? "logint" : "log") : kind;
  const ending = step === null || (kind === "int" && step === 1) ? "" : `, ${step}`;
  return `${name}(${low}, ${high}${ending})`;
}

function rangeOf(
  name: "float" | "log" | "int" | "logint",
  words: readonly string[],
): SearchDomain | { readonly refusal: string } {
  const isInt = name === "int" || name === "logint";
  const log = name === "log" || name === "logint";
  const numbers = words.map(Number);
  const most = log ? 2 : 3;
  if (numbers.length < 2 || numbers.length > most) {
    return {
      refusal: `${name} takes ${log ? "the least and the greatest" : "the least, the greatest and perhaps a step"}`,
    };
  }
  const wrong = words.find((word, index) => word === "" || !Number.isFinite(numbers[index]));
  if (wrong !== undefined) return { refusal: `${JSON.stringify(wrong)} is no number` };
  const [low = 0, high = 0, step] = numbers;
  if (isInt && !numbers.every(Number.isSafeInteger)) return { refusal: `${name} takes whole numbers` };
  if (low >= high) return { refusal: `${low} is not below ${high}` };
  if (log && low <= 0) return { refusal: `${name} begins above 0, not at ${low}` };
  if (step !== undefined && !(step > 0 && step <= high - low)) {
    return { refusal: `a step lies above 0 and within ${high - low}, unlike ${step}` };
  }
  return isInt
    ? { kind: "int", low, high, log, step: step ?? 1 }
    : { kind: "float", low, high, log, step: step ?? null };
}

/** At commas outside of quotes. */
function splitArguments(text: string): readonly string[] {
  const words = text.match(/("(?:[^"\\]|\\.)*"|[^,"])+|(?<=,)(?=,|$)/g) ?? [];
  return words.map((word) => word.trim());
}

function readValue(word: string): SearchValue {
  if (word.startsWith('"') && word.endsWith('"') && word.length > 1)
    return word.slice(1, -1).replaceAll('\\"', '"');
  if (word === "true" || word === "false") return word === "true";
  const number = Number(word);
  return word !== "" && Number.isFinite(number) ? number : word;
}

function valueText(value: SearchValue): string {
  if (typeof value !== "string") return String(value);
  const plain = value !== "" && !/[,"()]/.test(value) && value === value.trim() && readValue(value) === value;
  return plain ? value : `"${value.replaceAll('"', '\\"')}"`;
}

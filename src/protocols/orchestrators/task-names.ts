/** What an orchestrator allows in the name of a task. */
export interface NameRules {
  /** Runs of signs that it does not allow. */
  readonly forbidden: RegExp;
  /** Stands for such a run, and before the number of a name that comes again. */
  readonly joiner: string;
  readonly longest: number;
  /** Stands before a name that would begin with a digit, where none may. */
  readonly beforeDigit?: string;
}

/** Letters and digits alone, which every orchestrator allows. */
export const lettersAndDigits = /[^A-Za-z0-9]+/g;

/**
 * Names for an orchestrator that allows some signs and so many of them: `train@small` becomes `train-small`.
 * Two stages never share one: the second gets a number.
 */
export function taskNames(
  stages: readonly string[],
  { forbidden, joiner, longest, beforeDigit = "" }: NameRules,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const lastNumbers = new Map<string, number>();
  for (const stage of stages) {
    const allowed = cleanName(stage, forbidden, joiner) || "stage";
    const clean = `${/^\d/.test(allowed) ? beforeDigit : ""}${allowed}`.slice(0, longest);
    let name = clean;
    let number = lastNumbers.get(clean) ?? 1;
    while (taken.has(name)) {
      number++;
      const ending = `${joiner}${number}`;
      name = clean.slice(0, longest - ending.length) + ending;
    }
    lastNumbers.set(clean, number);
    taken.add(name);
    names.set(stage, name);
  }
  return names;
}

/** Without a joiner at its ends, where orchestrators want a letter or a digit. */
function cleanName(stage: string, forbidden: RegExp, joiner: string): string {
  const parts = stage.replaceAll(forbidden, joiner).split(joiner);
  return parts.filter((part) => part !== "").join(joiner);
}

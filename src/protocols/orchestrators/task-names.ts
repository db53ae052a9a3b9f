/**
 * Names for an orchestrator that allows letters, digits and some signs: `train@small` becomes
 * `train-small`. Two stages never share one: the second gets a number.
 */
export function taskNames(stages: readonly string[], joiner: "-" | "_"): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const stage of stages) {
    const clean = stage.replaceAll(/[^A-Za-z0-9]+/g, joiner).replaceAll(/^[-_]+|[-_]+$/g, "") || "stage";
    let name = clean;
    for (let number = 2; taken.has(name); number++) name = `${clean}${joiner}${number}`;
    taken.add(name);
    names.set(stage, name);
  }
  return names;
}

import { nearest } from "#kernel/nearest";

/** `Did you mean "deps"?`, or the whole list when nothing is near. */
export function suggestName(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = nearest(name, names);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return names.length === 0 ? "There is none to choose from." : `Expected one of: ${names.join(", ")}.`;
}

/**
 * Which statements PostgreSQL is told by name. A named one is parsed once on each connection and, after a few
 * uses, planned once; for our short statements that is most of their time.
 *
 * A plan that is kept was made for any value. So only those are named whose plan does not depend on the values:
 * nothing is compared by order with a parameter or with the elements of one, and none limits the rows. And those
 * of which somebody vouches by `planIsKept` that no plan for them can be a bad one. And only
 * those whose answer keeps its shape when a migration adds a column (no `*`): PostgreSQL would refuse the others
 * from then on.
 */
export interface StatementNames {
  /** The name of a text that comes again and again; undefined when it goes without one. */
  nameOf(text: string): string | undefined;
  /** Names nothing any more: something between us and PostgreSQL does not keep names apart. */
  stop(): void;
}

/** Anywhere in a statement: whatever its values are, it reads few rows, and those by an index. */
export const planIsKept = "/*plan is kept*/";

// A text that never comes again, as searches have them, must not stay on the server.
const usesBefore = 3;
const longest = 4_000;
// The whole system has some hundred texts.
const mostRemembered = 2_000;

export function createStatementNames(): StatementNames {
  const uses = new Map<string, number>();
  const names = new Map<string, string>();
  let given = 0;
  let isStopped = false;
  return {
    nameOf(text) {
      if (isStopped) return undefined;
      const known = names.get(text);
      if (known !== undefined) return known;
      const count = (uses.get(text) ?? 0) + 1;
      if (uses.size >= mostRemembered) uses.clear();
      uses.set(text, count);
      if (count < usesBefore || !isNameable(text)) return undefined;
      // A name is never given twice: connections may still know it by its first meaning.
      const name = `gyre_${++given}`;
      if (names.size >= mostRemembered) names.clear();
      names.set(text, name);
      return name;
    },
    stop() {
      isStopped = true;
    },
  };
}

function isNameable(text: string): boolean {
  if (text.length > longest || !/^\s*(select|insert|update|delete|with)\b/i.test(text)) return false;
  if (/[\s.]\*/.test(text)) return false;
  return text.includes(planIsKept) || !/limit \$|[<>]=? \$|any\(\$/i.test(text);
}

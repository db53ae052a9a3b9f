import { Problem } from "#kernel/errors";
import { parseFilter, parseOrdering } from "#tracking";
import type { Condition, Ordering, Page, SearchGrammar } from "#tracking";

import type { NamedSearch } from "./index.ts";
import { problems } from "./problems.ts";

type Value = string | number | undefined;

interface Searchable<Item> {
  readonly filterable: SearchGrammar["attributes"];
  readonly sortable: Pick<SearchGrammar, "attributes" | "aliases">;
  valuesOf(item: Item): Readonly<Record<string, string | number>>;
}

/** The tag by which clients tell a prompt from a model: they keep both in the registry. */
export const promptTag = "mlflow.prompt.is_prompt";

/**
 * Filters, orders and pages what was read, in MLflow's grammar. Models are few: a product has one, a
 * company hundreds. Where no ordering decides, results keep the order they come in. Prompts are found
 * only by who asks for them.
 */
export function searchAmong<Item extends { readonly tags: Readonly<Record<string, string>> }>(
  items: readonly Item[],
  search: NamedSearch,
  { filterable, sortable, valuesOf }: Searchable<Item>,
): Page<Item> {
  const all = parseFilter(search.filter, {
    attributes: filterable,
    kinds: ["attribute", "tag"],
    listAttributes: ["run_id"],
  });
  const conditions = all.filter(({ field }) => !isPromptTag(field));
  const wantsPrompts = all.some(asksForPrompts);
  const orderings = search.orderBy.map((text) => parseOrdering(text, { ...sortable, kinds: ["attribute"] }));
  refuseRepeated(orderings, search.orderBy);
  const valueOf = (item: Item, field: Condition["field"]): Value =>
    field.of === "tag" ? item.tags[field.key] : valuesOf(item)[field.key];
  const found = items
    .filter((item) => (item.tags[promptTag] === "true") === wantsPrompts)
    .filter((item) => conditions.every((condition) => meets(valueOf(item, condition.field), condition)))
    .toSorted((a, b) => compareBy(orderings, (field) => [valueOf(a, field), valueOf(b, field)]));
  const from = offsetOf(search.pageToken);
  const to = from + search.limit;
  return {
    items: found.slice(from, to),
    nextPageToken: to < found.length ? Buffer.from(String(to)).toString("base64url") : undefined,
  };
}

function isPromptTag(field: Condition["field"]): boolean {
  return field.of === "tag" && field.key === promptTag;
}

function asksForPrompts({ field, comparator, value }: Condition): boolean {
  if (!isPromptTag(field)) return false;
  const wanted = String(value).toLowerCase();
  return (comparator === "=" && wanted === "true") || (comparator === "!=" && wanted === "false");
}

function refuseRepeated(orderings: readonly Ordering[], texts: readonly string[]): void {
  if (new Set(orderings.map(({ field }) => field.key)).size === orderings.length) return;
  throw new Problem(problems.model_search_invalid, {
    message: `\`order_by\` contains duplicate fields: ${texts.join(", ").slice(0, 200)}`,
  });
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const text = Buffer.from(token, "base64url").toString();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Problem(problems.model_page_unknown, {
    message: "Invalid page token, could not base64-decode: it was not given by this search.",
  });
}

function meets(value: Value, { comparator, value: wanted }: Condition): boolean {
  if (comparator === "is null") return value === undefined;
  if (comparator === "is not null") return value !== undefined;
  if (value === undefined || wanted === null) return false;
  switch (comparator) {
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "<":
      return value < wanted;
    case "<=":
      return value <= wanted;
    case ">":
      return value > wanted;
    case ">=":
      return value >= wanted;
    case "in":
      return Array.isArray(wanted) && wanted.includes(String(value));
    case "not in":
      return Array.isArray(wanted) && !wanted.includes(String(value));
    case "like":
      return isLike(String(value), String(wanted));
    case "ilike":
      return isLike(String(value).toLowerCase(), String(wanted).toLowerCase());
  }
}

/**
 * SQL's `like` with `%` and `_`, in time proportional to the product of the lengths: greedy, going back to
 * the last `%` only. A regular expression made of the pattern could be made to take for ever.
 */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let afterWildcard = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === "%") {
      inPattern += 1;
      afterWildcard = inPattern;
      retryAt = at;
    } else if (wanted === "_" || wanted === text[at]) {
      at += 1;
      inPattern += 1;
    } else if (afterWildcard >= 0) {
      retryAt += 1;
      at = retryAt;
      inPattern = afterWildcard;
    } else {
      return false;
    }
  }
  return /^%*$/.test(pattern.slice(inPattern));
}

function compareBy(
  orderings: readonly Ordering[],
  valuesOf: (field: Ordering["field"]) => readonly [Value, Value],
): number {
  for (const { field, descending } of orderings) {
    const [a = "", b = ""] = valuesOf(field);
    if (a !== b) return (a < b ? -1 : 1) * (descending ? -1 : 1);
  }
  return 0;
}

export { amongNumbers, amongTexts, foundByNumbers, insertRows } from "./bulk.ts";
export { cellArrays } from "./cell-arrays.ts";
export { and, byBytes, compare, or } from "./comparisons.ts";
export type { Comparator, Comparison, Fragment } from "./comparisons.ts";
export { isBeyond, orderBy, packToken, unpackToken } from "./keyset.ts";
export type { SortColumn, SortKey } from "./keyset.ts";
export { inPages, rowsPerPage } from "./pages.ts";
export { problems } from "./problems.ts";

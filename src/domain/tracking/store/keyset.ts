export { isBeyond, orderBy, packToken, unpackToken } from "#kernel/search";
export type { SortColumn, SortKey } from "#kernel/search";

export { and, byBytes, compare } from "#kernel/search";
export type { Fragment } from "#kernel/search";

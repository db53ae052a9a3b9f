/** Letters, digits, spaces and . _ @ -: nothing that ends a name in a header, a path or a table. */
export function isNameOfPrincipal(text: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,99}$/u.test(text);
}

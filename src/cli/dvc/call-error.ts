/** A command line that does not fit: DVC ends with 254 and prints the usage. */
export class DvcCallError extends Error {
  override readonly name = "DvcCallError";
}

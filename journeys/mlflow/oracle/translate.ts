/** Says in the other server's ids what was said in ours, having seen both answer the same questions. */
export interface Translator {
  /** Pairs the ids of two answers to the same question. */
  learn(ours: unknown, theirs: unknown): void;
  /**
   * A body or an answer: ids long enough to be nothing else are exchanged wherever they stand, tokens of
   * pages only where one is asked for. A token may be two letters, which any random value can hold.
   */
  text(text: string): string;
  path(path: string): string;
}

const long = /m-[0-9a-f]{32}|[0-9a-f]{32}/g;
const pageToken = /("page_token":\s*"|[?&]page_token=)([^"&]+)/g;
const idKeys = new Set([
  "run_id",
  "run_uuid",
  "model_id",
  "next_page_token",
  "artifact_uri",
  "artifact_location",
  "source_run_id",
  "trace_id",
  "request_id",
  "assessment_id",
]);

export function createTranslator(): Translator {
  const ids = new Map<string, string>();
  const tokens = new Map<string, string>();

  function pair(ours: string, theirs: string): void {
    const mine = ours.match(long) ?? [];
    const others = theirs.match(long) ?? [];
    if (mine.length !== others.length) return;
    // Who was paired once stays so: two answers may differ in their order.
    for (const [index, id] of mine.entries()) ids.set(id, ids.get(id) ?? others[index] ?? id);
  }

  function learn(ours: unknown, theirs: unknown, key = ""): void {
    if (typeof ours === "string" && typeof theirs === "string") {
      if (key === "next_page_token") tokens.set(ours, theirs);
      else if (idKeys.has(key)) pair(ours, theirs);
      return;
    }
    if (typeof ours !== "object" || typeof theirs !== "object" || ours === null || theirs === null) return;
    for (const [name, value] of Object.entries(ours)) learn(value, Reflect.get(theirs, name), name);
  }

  function text(said: string): string {
    // One by one: in a query, the `%27` before an id looks like a part of it.
    let translated = said;
    for (const [mine, other] of ids) translated = translated.replaceAll(mine, other);
    return translated.replaceAll(
      pageToken,
      (_, before: string, token: string) => before + (tokens.get(token) ?? token),
    );
  }

  return {
    learn: (ours, theirs) => learn(ours, theirs),
    text,
    path: text,
  };
}

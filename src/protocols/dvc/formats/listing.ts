import { createHash } from "node:crypto";

import { isMapping } from "./json-guards.ts";
import { compareText, escapeBeyondAscii } from "./python-json.ts";
import { invalidFile } from "./invalid-file.ts";

/** One file of a tracked folder. */
export interface ListedFile {
  /** From the folder, with forward slashes. */
  readonly path: string;
  readonly md5: string;
}

/**
 * The bytes of a folder's listing: `json.dumps` of its files sorted by path. Their MD5 with `.dir` behind
 * it is the folder's digest.
 */
export function writeListing(files: readonly ListedFile[]): string {
  // One look at all paths together costs a tenth of a look at each.
  const isPlain = plain.test(files.map(({ path }) => path).join(""));
  const quoted = isPlain ? (path: string) => `"${path}"` : JSON.stringify;
  const items = sortByPath(files, isPlain).map(
    ({ path, md5 }) => `{"md5": "${md5}", "relpath": ${quoted(path)}}`,
  );
  return escapeBeyondAscii(`[${items.join(", ")}]`);
}

/** Nothing that JSON writes in another way, and no surrogates. */
// oxlint-disable-next-line no-control-regex -- JSON escapes them
const plain = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;

export function digestOfListing(text: string): string {
  return `${createHash("md5").update(text).digest("hex")}.dir`;
}

export function isFolderDigest(md5: string): boolean {
  return md5.endsWith(".dir");
}

/** Reads a listing; `file` names it for the message. Throws `dvc_file_invalid`. */
export function readListing(file: string, text: string): readonly ListedFile[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidFile(file, error instanceof Error ? error.message : "it is no JSON");
  }
  if (!Array.isArray(value)) throw invalidFile(file, "it holds no list");
  return value.map((item: unknown) => {
    const { md5, relpath } = isMapping(item) ? item : {};
    if (typeof md5 !== "string" || typeof relpath !== "string")
      throw invalidFile(file, "an item has no md5 or no relpath");
    if (relpath.split("/").some((part) => part === "" || part === "." || part === ".."))
      throw invalidFile(file, `the path ${JSON.stringify(relpath)} leaves the folder`);
    return { path: relpath, md5 };
  });
}

function sortByPath(files: readonly ListedFile[], isPlain: boolean): readonly ListedFile[] {
  // Without surrogates JavaScript's own order is that of code points, and three times as fast.
  const compare = isPlain ? (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0) : compareText;
  return files.toSorted((a, b) => compare(a.path, b.path));
}

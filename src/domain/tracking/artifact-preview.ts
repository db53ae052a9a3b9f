import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import { sqlText } from "#kernel/columnar";
import type { Analyst } from "#kernel/columnar";
import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import type { OpenArtifact } from "./questions.ts";

/** What a page shows of a file without loading all of it. */
export type ArtifactPreview =
  | { readonly kind: "text" | "json" | "markdown"; readonly text: string; readonly isCut: boolean }
  | {
      readonly kind: "table";
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | number | boolean | null)[])[];
      readonly isCut: boolean;
    }
  /** Shown by the browser itself, from the file's own address. */
  | { readonly kind: "image" | "page" }
  | { readonly kind: "none" };

const longestText = 200_000;
const widestTable = 200;
const longestCell = 500;
/** A browser decodes an image whole; beyond this it is only offered for download. */
const largestShown = 20_000_000;

export const imageTypes: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  svg: "image/svg+xml",
};

/** Looks into a file, by what its name says; text when the name says nothing and the bytes are text. */
export async function previewArtifact(
  parts: { readonly blobs: Blobs; readonly analyst?: Analyst | undefined },
  file: OpenArtifact,
  options: { readonly rows: number },
): Promise<ArtifactPreview> {
  const extension = extensionOf(file.path);
  const isShown = file.sizeBytes <= largestShown;
  if (extension in imageTypes) return { kind: isShown ? "image" : "none" };
  if (extension === "html" || extension === "htm") return { kind: isShown ? "page" : "none" };
  const reader = tableReaders[extension];
  if (reader !== undefined && parts.analyst !== undefined && file.sizeBytes > 0)
    return await previewTable(parts.analyst, reader(await parts.blobs.localPath(file.digest)), file, options);
  return await previewText(file, extension);
}

export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
}

const tableReaders: Readonly<Record<string, (path: string) => string>> = {
  parquet: (path) => `read_parquet(${sqlText(path)})`,
  csv: (path) => `read_csv(${sqlText(path)}, all_varchar = true, sample_size = 200)`,
  tsv: (path) => `read_csv(${sqlText(path)}, all_varchar = true, sample_size = 200, delim = '\t')`,
};

async function previewTable(
  analyst: Analyst,
  source: string,
  file: OpenArtifact,
  { rows: limit }: { readonly rows: number },
): Promise<ArtifactPreview> {
  try {
    const described = await analyst.rows(
      `select column_name as name from (describe from ${source})`,
      [],
      z.object({ name: z.string() }),
      { timeoutMs: previewTimeoutMs },
    );
    const rows = await analyst.rows(
      `from ${source} limit ${limit + 1}`,
      [],
      z.record(z.string(), z.unknown()),
      {
        timeoutMs: previewTimeoutMs,
      },
    );
    const columns = described.map(({ name }) => name).slice(0, widestTable);
    return {
      kind: "table",
      columns,
      rows: rows.slice(0, limit).map((row) => columns.map((name) => shortened(row[name]))),
      isCut: rows.length > limit || described.length > columns.length,
    };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "query_failed") throw error;
    throw new Problem(problems.artifact_not_previewed, {
      message: `${file.path} cannot be read as a table: ${error.message}`,
      cause: error,
    });
  }
}

const previewTimeoutMs = 20_000;

function shortened(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longestCell ? `${text.slice(0, longestCell)}…` : text;
}

async function previewText(file: OpenArtifact, extension: string): Promise<ArtifactPreview> {
  if (file.sizeBytes === 0) return { kind: "text", text: "", isCut: false };
  const end = Math.min(file.sizeBytes, longestText) - 1;
  const chunks: Buffer[] = [];
  for await (const chunk of file.open({ start: 0, end })) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const isCut = file.sizeBytes > longestText;
  const text = decoded(bytes, isCut);
  if (text === undefined) return { kind: "none" };
  if (extension === "json") return { kind: "json", text, isCut };
  return { kind: extension === "md" ? "markdown" : "text", text, isCut };
}

/** The bytes as UTF-8; undefined when they are not text. The last letter may be cut in two. */
function decoded(bytes: Buffer, isCut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  for (let missing = 0; missing < (isCut ? 4 : 1); missing++) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytes.length - missing));
    } catch {
      // Perhaps one byte less ends between two letters.
    }
  }
  return undefined;
}

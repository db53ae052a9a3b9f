import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { Problem } from "#kernel/errors";
import { httpProblems, parseJson, readBody } from "#kernel/http";

import { problems } from "../problems.ts";

/** Spark's events with whole query plans reach megabytes. */
export const largestBodyBytes = 16 * 1_024 * 1_024;
const largestUnpackedBytes = 64 * 1_024 * 1_024;

const unzip = promisify(gunzip);

/** The JSON of a request, which clients may send packed with gzip. */
export async function readEventBody(body: Readable, encoding: string | undefined): Promise<unknown> {
  const bytes = await readBody(body, largestBodyBytes);
  const { text } = await unpack(bytes, encoding);
  return parseJson(text);
}

async function unpack(bytes: Buffer, encoding: string | undefined): Promise<{ readonly text: string }> {
  if (encoding === undefined || encoding === "identity") return { text: bytes.toString("utf8") };
  if (encoding !== "gzip") {
    throw new Problem(problems.encoding_unknown, {
      message: `The body is encoded as ${encoding.slice(0, 40)}.`,
    });
  }
  try {
    return { text: (await unzip(bytes, { maxOutputLength: largestUnpackedBytes })).toString("utf8") };
  } catch (error) {
    throw new Problem(httpProblems.body_malformed, {
      message: `The body cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    });
  }
}

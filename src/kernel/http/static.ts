import { createReadStream } from "node:fs";
import type { Stats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";

import type { FastifyReply, FastifyRequest } from "fastify";

import { Problem } from "../errors.ts";
import { safePath } from "./path.ts";
import { problems } from "./problems.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/**
 * Answers with a file of the built interface. Files under `assets/` carry a hash in their name and
 * never change; a path that is no file gives `index.html` to a browser, because the interface routes
 * by path.
 */
export async function sendStatic(
  folder: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const path = decodeURIComponent(request.url.split("?", 1)[0] ?? "/").slice(1);
  const found = path === "" ? undefined : await findFile(folder, path);
  if (found !== undefined) return await sendFile(found, path.startsWith("assets/"), request, reply);
  const wantsPage = (request.headers.accept ?? "").includes("text/html");
  if (!wantsPage || path.startsWith("assets/")) throw notFound(request);
  const index = await findFile(folder, "index.html");
  if (index === undefined) {
    throw new Problem(problems.interface_not_built, { message: "The web interface has not been built yet." });
  }
  return await sendFile(index, false, request, reply);
}

interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
}

/** A regular file inside the folder; symbolic links are not followed out of it. */
async function findFile(folder: string, path: string): Promise<FoundFile | undefined> {
  try {
    const full = join(folder, safePath(path));
    const stats = await lstat(full);
    const real = await realpath(full);
    return stats.isFile() && real.startsWith((await realpath(folder)) + sep)
      ? { path: full, stats }
      : undefined;
  } catch {
    return undefined;
  }
}

async function sendFile(
  file: FoundFile,
  isImmutable: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = `"${file.stats.size.toString(36)}-${Math.floor(file.stats.mtimeMs).toString(36)}"`;
  void reply.headers({
    etag,
    "content-type": mediaTypes[extname(file.path)] ?? "application/octet-stream",
    "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  void reply.header("content-length", file.stats.size);
  return reply.send(createReadStream(file.path));
}

export function notFound(request: FastifyRequest): Problem {
  const path = request.url.split("?", 1)[0] ?? "";
  return new Problem(problems.route_not_found, { message: `There is no ${request.method} ${path}.` });
}

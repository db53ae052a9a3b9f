import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { answers } from "./story.ts";

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const dist = new URL("../dist/", import.meta.url).pathname;

/**
 * The built pages with the story behind them, under the strictest policy of content the product
 * promises to work with. `asked` collects the calls of the API.
 */
export async function openStory(): Promise<{ url: string; asked: string[]; close(): Promise<void> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://story").pathname);
    if (path.startsWith("/api/"))
      answer(response, path, asked, new URL(request.url ?? "/", "http://story").searchParams);
    else void page(response, path);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The story has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, path: string, asked: string[], query: URLSearchParams): void {
  if (path.endsWith("/stream") || path.endsWith("/follow")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
    return;
  }
  asked.push(path);
  const kept = answers[path];
  const found =
    Number(query.get("from")) > 0 && path.endsWith("/log")
      ? { text: "", nextByte: 0 }
      : typeof kept === "function"
        ? kept(query)
        : kept;
  const problem = {
    code: "not_here",
    message: `There is nothing at ${path}.`,
    next: "Look at the list: gyre releases list",
  };
  response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(found ?? problem));
}

async function page(response: ServerResponse, path: string): Promise<void> {
  const file = extname(path) === "" ? "index.html" : path.slice(1);
  const bytes = await readFile(join(dist, file)).catch(() => undefined);
  response.writeHead(bytes ? 200 : 404, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-security-policy":
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  });
  response.end(bytes);
}

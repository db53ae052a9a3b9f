import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Told, Twin } from "./twin.ts";

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

// Of the connection between client and proxy; `fetch` sets its own.
const ofTheConnection = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "accept-encoding",
  "expect",
]);

/** Stands between a client and both servers: the client hears ours, `onTold` hears what the other said. */
export async function openProxy(twin: Twin, onTold: (told: Told) => void): Promise<Proxy> {
  const server = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === "string" && !ofTheConnection.has(name) ? [[name, value]] : [],
    );
    const told = await twin.ask({
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: Object.fromEntries(headers),
      body: chunks.length === 0 ? undefined : Buffer.concat(chunks),
    });
    onTold(told);
    response.writeHead(told.ours.status, {
      "content-type": told.ours.headers.get("content-type") ?? "text/plain",
    });
    response.end(told.ours.bytes);
  }

  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

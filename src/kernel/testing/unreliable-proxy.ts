import { createServer, request as forward } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What is to go wrong with a request. */
export type Fault =
  /** The connection breaks before an answer. */
  | { readonly kind: "broken" }
  /** No answer ever comes, and the connection stays. */
  | { readonly kind: "silent" }
  | { readonly kind: "refused"; readonly status: number; readonly body?: string; readonly headers?: Headers }
  /** So many bytes of the body come, then the connection breaks. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The first byte of the body is another one. */
  | { readonly kind: "changed" };

type Headers = Readonly<Record<string, string>>;

export interface PassedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

/** Stands between a client and a server, and lets go wrong what the test wants. */
export interface UnreliableProxy {
  readonly url: string;
  /** Every request that came, in order. */
  readonly requests: PassedRequest[];
  /** Decides about each request from now on; undefined lets it pass. */
  interfere(decide: (request: PassedRequest) => Fault | undefined): void;
  stop(): void;
}

export async function startUnreliableProxy(target: string): Promise<UnreliableProxy> {
  const requests: PassedRequest[] = [];
  let decide: (request: PassedRequest) => Fault | undefined = () => undefined;
  const server = createServer((asked, answer) => {
    const passed = { method: asked.method ?? "", path: asked.url ?? "" };
    requests.push(passed);
    const fault = decide(passed);
    if (fault?.kind === "broken") return void asked.socket.destroy();
    if (fault?.kind === "silent") return void asked.resume();
    if (fault?.kind === "refused") {
      asked.resume();
      return void answer.writeHead(fault.status, { ...fault.headers }).end(fault.body ?? "");
    }
    pass(target, asked, answer, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    interfere: (decided) => void (decide = decided),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function pass(
  target: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  fault: Extract<Fault, { kind: "cut" | "changed" }> | undefined,
): void {
  const { hostname, port } = new URL(target);
  const options = { hostname, port, method: asked.method, path: asked.url, headers: asked.headers };
  const passed = forward(options, (found) => {
    answer.writeHead(found.statusCode ?? 500, found.rawHeaders);
    let sent = 0;
    found.on("data", (chunk: Buffer) => {
      if (fault?.kind === "changed" && sent === 0) chunk.writeUInt8(chunk.readUInt8(0) ^ 1);
      const room = fault?.kind === "cut" ? fault.afterBytes - sent : chunk.byteLength;
      sent += chunk.byteLength;
      answer.write(chunk.subarray(0, Math.max(0, room)));
      if (room < chunk.byteLength) answer.destroy();
    });
    found.once("end", () => answer.end());
    found.once("error", () => answer.destroy());
  });
  passed.once("error", () => answer.destroy());
  asked.pipe(passed);
}

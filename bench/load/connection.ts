import { connect } from "node:net";

export interface Load {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly body: string;
}

export interface Exchange {
  readonly status: number;
  readonly latencyMs: number;
}

/**
 * Sends one request after the other over one connection until `untilMs`. A plain socket instead of
 * `fetch`, because the generator shares the machine with the server it measures.
 */
export function sendUntil(untilMs: number, load: Load): Promise<readonly Exchange[]> {
  const request = requestText(load);
  const exchanges: Exchange[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect(load.port, load.host).setNoDelay(true);
    let received: Buffer = Buffer.alloc(0);
    let sentMs = 0;
    const send = (): void => {
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", () => resolve(exchanges));
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const status = statusOfWhole(received);
      if (status === undefined) return;
      received = Buffer.alloc(0);
      exchanges.push({ status, latencyMs: performance.now() - sentMs });
      if (performance.now() < untilMs) send();
      else socket.end();
    });
  });
}

function requestText({ host, path, body }: Load): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** The status once the whole answer is there. */
function statusOfWhole(received: Buffer): number | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
  if (Number.isNaN(length)) throw new Error(`the answer has no length:\n${head}`);
  return received.length >= headEnd + 4 + length ? Number(head.slice(9, 12)) : undefined;
}

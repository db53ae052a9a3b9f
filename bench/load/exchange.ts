import { connect } from "node:net";
import type { Socket } from "node:net";

export interface Request {
  readonly method: "GET" | "POST";
  /** With its query. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly latencyMs: number;
  readonly body: string;
}

/** A connection that is kept and carries one exchange at a time. */
export interface Connection {
  exchange(request: Request): Promise<Answer>;
  close(): void;
}

/**
 * A connection by a plain socket instead of `fetch`: the generator shares the machine with the servers it
 * measures, and what it costs itself makes them look alike. It is opened when it is first used, and again
 * when the server has closed it while it was idle.
 */
export function createConnection(port: number, host = "127.0.0.1"): Connection {
  let socket: Socket | undefined;
  return {
    async exchange(request) {
      if (socket === undefined || socket.destroyed || socket.readableEnded) socket = await open(port, host);
      try {
        return await exchange(socket, host, port, request);
      } catch {
        // It was closed for being idle in the moment it was used: once more, on a new one.
        socket = await open(port, host);
        return await exchange(socket, host, port, request);
      }
    },
    close: () => socket?.destroy(),
  };
}

async function open(port: number, host: string): Promise<Socket> {
  const socket = connect(port, host).setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  // Between two exchanges nobody listens, and a reset of an idle connection is no error.
  socket.on("error", () => {}).on("end", () => socket.destroy());
  return socket.resume();
}

function exchange(socket: Socket, host: string, port: number, request: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let whole: { status: number; bodyStart: number; endBytes: number } | undefined;
    const settle = (act: () => void): void => {
      socket.off("data", onData).off("error", onEnd).off("close", onEnd);
      act();
    };
    const onEnd = (): void => settle(() => reject(new Error("the server closed the connection")));
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      whole ??= readHead(chunks);
      if (whole === undefined || sizeBytes < whole.endBytes) return;
      const { status, bodyStart } = whole;
      const latencyMs = performance.now() - sentMs;
      const body = Buffer.concat(chunks).toString("utf8", bodyStart);
      settle(() => resolve({ status, latencyMs, body }));
    };
    socket.on("data", onData).on("error", onEnd).on("close", onEnd);
    const text = requestText(host, port, request);
    const sentMs = performance.now();
    socket.write(text);
  });
}

function requestText(host: string, port: number, { method, path, body }: Request): string {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}:${port}`,
    ...(body === undefined
      ? []
      : ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`]),
  ];
  return `${head.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** Undefined until the head of the answer is there; every server measured here says how long its body is. */
function readHead(chunks: Buffer[]): { status: number; bodyStart: number; endBytes: number } | undefined {
  const received = Buffer.concat(chunks);
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
  if (Number.isNaN(length)) throw new Error(`the answer has no length:\n${head}`);
  return { status: Number(head.slice(9, 12)), bodyStart: headEnd + 4, endBytes: headEnd + 4 + length };
}

import type { FastifyInstance } from "fastify";

import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/** Binds the server and gives the port; throws `port_in_use` or `address_unusable`. */
export async function listenOn(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw await whyNotListening(error, host, port);
  }
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

async function whyNotListening(error: unknown, host: string, port: number): Promise<unknown> {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "EADDRINUSE") {
    const holder = (await isGyre(port)) ? "Another Gyre" : "Another program";
    return new Problem(problems.port_in_use, {
      message: `${holder} already listens on ${host}:${port}.`,
      cause: error,
    });
  }
  if (error.code === "EACCES" || error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new Problem(problems.address_unusable, {
      message: `Listening on ${host}:${port} is refused: ${error.code}.`,
      cause: error,
    });
  }
  return error;
}

async function isGyre(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/health`, {
      signal: AbortSignal.timeout(500),
    });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "name" in body && body.name === "gyre";
  } catch {
    return false;
  }
}

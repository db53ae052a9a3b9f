import type { FastifyReply } from "fastify";

import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/** The end of a server: what has begun is finished, and nothing new is taken. */
export interface Ending {
  /** Counts a request until its answer is sent; throws `server_stopping` once the end has begun. */
  begin(reply: FastifyReply): void;
  /** Begins the end; resolves when no request is under way, at the latest after `timeoutMs`. */
  drained(timeoutMs: number): Promise<void>;
}

export function createEnding(): Ending {
  let underWay = 0;
  let hasBegun = false;
  let isDrained = (): void => {};
  return {
    begin(reply) {
      if (hasBegun) {
        throw new Problem(problems.server_stopping, {
          message: "The server is stopping and takes no new requests.",
        });
      }
      underWay++;
      reply.raw.once("close", () => {
        underWay--;
        if (underWay === 0) isDrained();
      });
    },
    async drained(timeoutMs) {
      hasBegun = true;
      if (underWay === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        isDrained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { remoteFailed } from "./remote.ts";
import type { Remote, RemoteOptions } from "./remote.ts";

/** A remote on a web server, which can be read only. */
export function openHttpRemote({ name, address, settings, jobs }: RemoteOptions): Remote {
  const root = address.replace(/\/+$/, "");
  const self = { name, address };
  const headers: Record<string, string> = {};
  const [user, password] = [settings.get("user"), settings.get("password")];
  if (user !== undefined && password !== undefined)
    headers["authorization"] = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const ask = async (key: string, method: string, more: Record<string, string> = {}): Promise<Response> => {
    let answer: Response;
    try {
      answer = await fetch(`${root}/${key}`, { method, headers: { ...headers, ...more } });
    } catch (cause) {
      throw remoteFailed(
        self,
        "cannot be reached",
        cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause,
      );
    }
    if (answer.ok || answer.status === 404 || answer.status === 403) return answer;
    throw remoteFailed(self, `answered ${answer.status} for ${key}`);
  };
  const refuse = async (): Promise<never> => {
    throw remoteFailed(self, "can be read only: HTTP remotes are not written to");
  };
  return {
    name,
    address,
    isReadOnly: true,
    calls: jobs ?? 8,
    has: async (key) => (await ask(key, "HEAD")).ok,
    async read(key, part) {
      const range = part === undefined ? {} : { range: `bytes=${part.from}-${part.from + part.length - 1}` };
      const answer = await ask(key, "GET", range);
      return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
    },
    async download(key, place) {
      const answer = await ask(key, "GET");
      if (!answer.ok || answer.body === null) return false;
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(place, { flags: "wx" }));
      return true;
    },
    put: refuse,
    upload: refuse,
    list: async () => [],
    remove: refuse,
    close: async () => {},
  };
}

import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { Problem } from "../errors.ts";
import { explainBreak, explainRefusal, isPassing, readRefusal } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";
import { createSender } from "./request.ts";
import type { Call, Circumstances } from "./request.ts";
import { endpointOfAws } from "./settings.ts";
import type { S3Settings } from "./settings.ts";

/** An answer with a status from 200 to 299, its body not yet read; or the refusal that was expected. */
export type Answer = { readonly answer: IncomingMessage } | { readonly refusal: Refusal };

/** Asks until there is an answer, or no hope of one. */
export interface Caller {
  /** Throws a Problem for every refusal. */
  ask(call: Call): Promise<IncomingMessage>;
  /** Gives the refusals back that `isExpected` knows. */
  tryAsk(call: Call, isExpected: (refusal: Refusal) => boolean): Promise<Answer>;
  close(): void;
}

// Six attempts within some three seconds: what a server that restarts or sheds load needs.
const mostAttempts = 6;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** Requests here may be sent twice: what is put under a key is put there again. */
export function createCaller(settings: S3Settings, options: { readonly connections: number }): Caller {
  const sender = createSender(settings, options);
  let circumstances: Circumstances = {
    region: settings.region,
    endpoint: settings.endpoint,
    clockOffsetMs: 0,
  };

  async function tryAsk(call: Call, isExpected: (refusal: Refusal) => boolean): Promise<Answer> {
    const attempts = call.isSentOnce === true ? 1 : mostAttempts;
    let corrections = 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(call, circumstances);
      if ("answer" in outcome) return outcome;
      if ("refusal" in outcome) {
        const { refusal } = outcome;
        if (isExpected(refusal)) return outcome;
        if (corrections < 2 && (await correct(refusal))) {
          corrections++;
          continue;
        }
        if (!isPassing(refusal) || attempt >= attempts) {
          const credentials = await settings.credentials?.current();
          throw explainRefusal(settings, call, refusal, credentials);
        }
      } else if (attempt >= attempts) {
        throw explainBreak(settings, call, outcome.cause);
      }
      await sleep(pauseMs(attempt, "refusal" in outcome ? outcome.refusal : undefined));
    }
  }

  async function once(call: Call, now: Circumstances): Promise<Answer | { readonly cause: unknown }> {
    try {
      const answer = await sender.send(call, now);
      const status = answer.statusCode ?? 0;
      return status >= 200 && status < 300 ? { answer } : { refusal: await readRefusal(answer) };
    } catch (cause) {
      if (isOurs(cause)) throw cause;
      return { cause };
    }
  }

  /** Whether the server told us something to do better at once. */
  async function correct({ status, code, region, headers }: Refusal): Promise<boolean> {
    if (code === "ExpiredToken" && settings.credentials !== undefined) {
      settings.credentials.forget();
      return true;
    }
    if (code === "RequestTimeTooSkewed") {
      const serverMs = Date.parse(headers.date ?? "");
      if (Number.isNaN(serverMs)) return false;
      circumstances = { ...circumstances, clockOffsetMs: serverMs - Date.now() };
      return true;
    }
    const isElsewhere = region !== undefined && region !== circumstances.region;
    if (!isElsewhere || ![301, 307, 400].includes(status) || !/^[a-z0-9-]{1,40}$/.test(region)) return false;
    const isAws = settings.endpoint.url.hostname.endsWith(".amazonaws.com");
    const endpoint = isAws ? endpointOfAws(settings.bucket, region) : settings.endpoint;
    circumstances = { ...circumstances, region, endpoint };
    return true;
  }

  return {
    tryAsk,
    async ask(call) {
      const outcome = await tryAsk(call, () => false);
      if ("answer" in outcome) return outcome.answer;
      throw new Error("a refusal that nobody expects is thrown");
    },
    close: () => sender.close(),
  };
}

/** A Problem, a file that cannot be read, a mistake of ours: trying again would not mend it. */
function isOurs(error: unknown): boolean {
  if (error instanceof Problem || !(error instanceof Error) || !("code" in error)) return true;
  return "path" in error || String(error.code).startsWith("ERR_INVALID");
}

/** Twice as long each time, by chance between half and all of it: many that were refused at once come back apart. */
function pauseMs(attempt: number, refusal: Refusal | undefined): number {
  const asked = Number(refusal?.headers["retry-after"] ?? 0) * 1_000;
  const own = firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return Math.min(longestPauseMs, Math.max(own, Number.isNaN(asked) ? 0 : asked));
}

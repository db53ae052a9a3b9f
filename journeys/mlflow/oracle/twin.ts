import { compare } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { createTranslator } from "./translate.ts";

export interface Question {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** Undefined when it is no JSON. */
  readonly json: unknown;
}

export interface Told {
  readonly question: Question;
  readonly ours: Answer;
  readonly theirs: Answer;
  readonly differences: readonly Difference[];
}

export interface Twin {
  /** Asks our server, then MLflow's own the same with its own ids, and compares. One question at a time. */
  ask(question: Question): Promise<Told>;
}

/** Both servers must be empty at the start: what one knows the other must have been told. */
export function createTwin(oursUrl: string, theirsUrl: string): Twin {
  const translator = createTranslator();
  let last: Promise<unknown> = Promise.resolve();

  async function askBoth(question: Question): Promise<Told> {
    const ours = await send(oursUrl, question);
    const theirs = await send(theirsUrl, {
      ...question,
      path: translator.path(question.path),
      body:
        question.body === undefined
          ? undefined
          : Buffer.from(translator.text(question.body.toString("latin1")), "latin1"),
    });
    translator.learn(ours.json, theirs.json);
    return { question, ours, theirs, differences: compare(question, ours, theirs, translator) };
  }

  return {
    async ask(question) {
      const told = last.then(async () => await askBoth(question));
      last = told.catch(() => {});
      return await told;
    },
  };
}

async function send(url: string, { method, path, headers, body }: Question): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body === undefined || method === "GET" ? {} : { body: new Uint8Array(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, json: parse(bytes.toString()) };
}

/** MLflow writes NaN and infinities as they are, which is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/([:[,]\s*)(NaN|-?Infinity)\b/g, '$1"$2"'));
  } catch {
    return undefined;
  }
}

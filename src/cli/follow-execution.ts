import { Problem } from "#kernel/errors";

import type { Client } from "./client.ts";
import { newsSchema } from "./executions.ts";
import type { News } from "./executions.ts";
import type { Paint, Terminal } from "./terminal.ts";

const attempts = 5;

/** Tells what the steps of an execution print, each line behind the name of its stage, until the end. */
export async function followExecution(client: Client, address: string, terminal: Terminal): Promise<void> {
  const teller = createTeller(terminal);
  for (let attempt = 1; ; attempt++) {
    // A stream that breaks (a server that restarts goes on with the execution) is opened again; it tells
    // from the beginning, so what was told is left out.
    const isLast = attempt === attempts;
    const ended = await watchOnce(client, address, teller, terminal).catch((error: unknown) => {
      if (isLast || error instanceof Problem) throw error;
      return false;
    });
    if (ended || isLast) return;
    teller.begin();
  }
}

async function watchOnce(
  client: Client,
  address: string,
  teller: Teller,
  terminal: Terminal,
): Promise<boolean> {
  for await (const { event, data } of client.watch(`${address}/log/stream`)) {
    const parsed = newsSchema.safeParse({ event, data: JSON.parse(data) });
    // An event of a newer server is none of this program's business.
    if (!parsed.success) continue;
    if (parsed.data.event === "end") return true;
    teller.tell(parsed.data);
    await terminal.heard();
  }
  return false;
}

interface Teller {
  tell(news: Exclude<News, { event: "end" }>): void;
  /** The stream starts over. */
  begin(): void;
}

function createTeller(terminal: Terminal): Teller {
  const unfinished = new Map<string, string>();
  const colours = new Map<string, Paint>();
  let position = 0;
  let told = 0;
  const say = (stage: string, ...lines: readonly string[]): void => {
    const fresh = lines.slice(Math.max(0, told - position));
    position += lines.length;
    told = Math.max(told, position);
    if (fresh.length === 0) return;
    const name = terminal.paintSaid(colourOf(stage, colours), `${stage} |`);
    terminal.say(fresh.map((line) => `${name} ${line}`).join("\n"));
  };
  return {
    begin() {
      position = 0;
      unfinished.clear();
    },
    tell(news) {
      if (news.event === "problem") {
        const { code, message, next } = news.data;
        throw new Problem(
          { code, kind: "failed", when: "The server could not go on telling.", next },
          { message },
        );
      }
      const { stage } = news.data;
      if (news.event === "step") {
        const rest = unfinished.get(stage) ?? "";
        unfinished.delete(stage);
        if (rest !== "") say(stage, rest);
        // Why it runs was told when it began.
        const reason = ["succeeded", "failed"].includes(news.data.state) ? "" : `: ${news.data.reason}`;
        return say(stage, terminal.paintSaid("dim", `${news.data.state}${reason}`));
      }
      const lines = ((unfinished.get(stage) ?? "") + news.data.text).split("\n");
      unfinished.set(stage, lines.pop() ?? "");
      say(stage, ...lines.map((line) => line.replace(/\r$/, "")));
    },
  };
}

const palette: readonly Paint[] = ["cyan", "green", "yellow"];

function colourOf(stage: string, colours: Map<string, Paint>): Paint {
  const known = colours.get(stage) ?? palette[colours.size % palette.length] ?? "dim";
  colours.set(stage, known);
  return known;
}

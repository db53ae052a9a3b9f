import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { dayMs } from "#kernel/clock";

import { parseCsv } from "./csv.ts";
import { generateMessages, labelNoise, messagesToCsv, readMessages } from "./index.ts";
import type { Message, MessageStream } from "./index.ts";

const root = join(import.meta.dirname, "../../../..");

describe("generated messages", () => {
  const stream = generateMessages();

  test("are the same for the same seed, and others for another", () => {
    deepEqual(generateMessages(), stream);
    ok(messagesToCsv(generateMessages({ seed: "other" }).training) !== messagesToCsv(stream.training));
  });

  test("come in time order, training before traffic, each with its own id", () => {
    requireOrder(stream);
    equal(new Set(all(stream).map((one) => one.messageId)).size, all(stream).length);
  });

  test("of the training set are those that the blueprint ships", () => {
    const shipped = readFileSync(join(root, "blueprints/text-classification/data/messages.csv"), "utf8");
    ok(shipped === messagesToCsv(stream.training), "write messagesToCsv(generateMessages().training) there");
  });

  test("use the words of the event only after it", () => {
    const named = (one: Message): boolean => /skypocket|barefare/i.test(one.text);
    const before = all(stream).filter((one) => one.createdAtMs < stream.event.atMs);
    const after = all(stream).filter((one) => one.createdAtMs >= stream.event.atMs);
    equal(before.filter(named).length, 0);
    ok(after.filter(named).length > after.length / 10);
  });

  test("have more complaints after the event, and neutral messages as the largest class before", () => {
    const before = shares(stream.training);
    const after = shares(stream.traffic.filter((one) => one.createdAtMs >= stream.event.atMs));
    ok(before.neutral > before.negative && before.negative > before.positive);
    ok(after.negative > before.negative);
  });

  test("have labels of which the stated share is wrong", () => {
    // A thank-you for the praised app is never meant as a complaint, so any other label of it is a wrong one.
    const { training } = generateMessages({ trainingMessages: 30_000, trafficDays: 1, eventAfterDays: 0 });
    const known = training.filter((one) => /boarding pass on my phone in seconds/i.test(one.text));
    const wrong = known.filter((one) => one.sentiment !== "positive").length / known.length;
    // Five standard errors of a share.
    const slack = 5 * Math.sqrt((labelNoise * (1 - labelNoise)) / known.length);
    ok(known.length > 200 && Math.abs(wrong - labelNoise) < slack, `${wrong} of ${known.length}`);
  });
});

describe("messages from a file", () => {
  test("make the same story wherever the file lies, and another one when they differ", () => {
    const seedOf = (text: string, file: string): string => readMessages({ text, file }).seed;
    equal(seedOf(tweets(), "tweets.csv"), seedOf(tweets(), "../elsewhere/tweets.csv"));
    ok(seedOf(tweets(), "tweets.csv") !== seedOf(`${tweets()}\n`, "tweets.csv"));
  });

  test("keep text, label and order, and come only from the airlines of their time", () => {
    const stream = readMessages({ text: tweets(), file: "tweets.csv" });
    requireOrder(stream);
    const airlinesOf = (messages: readonly Message[]) => [...new Set(messages.map((one) => one.airline))];
    deepEqual(airlinesOf(all(stream).filter((one) => one.createdAtMs < stream.event.atMs)), ["Big"]);
    deepEqual(airlinesOf(all(stream).filter((one) => one.createdAtMs >= stream.event.atMs)), ["Calm"]);
    equal(stream.training[0]?.text, 'It was "fine", they say\nnumber 0');
  });

  test("stretch the time so that the traffic takes as many days as asked for", () => {
    const { traffic } = readMessages({ text: tweets(), file: "tweets.csv", atLeastDays: 30 });
    const first = traffic[0]?.createdAtMs ?? 0;
    const last = traffic.at(-1)?.createdAtMs ?? 0;
    ok(Math.abs(last - first - 30 * dayMs) <= 1);
  });

  test("say which column is missing", () => {
    throws(() => readMessages({ text: "time,text\n", file: "tweets.csv" }), {
      code: "messages_column_missing",
      message: "tweets.csv has no column for the airline; it has time, text.",
    });
  });

  test("need an airline to hand over to", () => {
    throws(() => readMessages({ text: tweets().replaceAll("Calm", "Big"), file: "tweets.csv" }), {
      code: "no_hand_over",
    });
  });

  const realFile = join(root, "../shared/data/airline-tweets.csv");
  test(
    "work with the real tweets",
    { skip: existsSync(realFile) ? false : `${realFile} is not there` },
    () => {
      const stream = readMessages({ text: readFileSync(realFile, "utf8"), file: "airline-tweets.csv" });
      requireOrder(stream);
      ok(stream.training.length > 1000 && stream.traffic.length > 2000);
      const before = shares(stream.training);
      const after = shares(stream.traffic.filter((one) => one.createdAtMs >= stream.event.atMs));
      ok(after.negative < before.negative);
    },
  );
});

test("CSV survives quotes, commas, line ends and a byte-order mark", () => {
  const message: Message = {
    messageId: "m1",
    createdAtMs: Date.UTC(2026, 0, 1),
    airline: "Blue, Heron",
    customerId: "c1",
    customerName: "",
    text: 'says "no",\r\nthen 😡\nleaves',
    sentiment: "negative",
  };
  const [header, row] = parseCsv(`\uFEFF${messagesToCsv([message])}`);
  equal(header?.[0], "message_id");
  deepEqual(row, ["m1", "2026-01-01T00:00:00.000Z", message.airline, "c1", "", message.text, "negative"]);
});

function all(stream: MessageStream): Message[] {
  return [...stream.training, ...stream.traffic];
}

function requireOrder(stream: MessageStream): void {
  const times = all(stream).map((one) => one.createdAtMs);
  deepEqual(
    times,
    times.toSorted((first, second) => first - second),
  );
  ok(stream.event.atMs > (stream.traffic[0]?.createdAtMs ?? 0));
  ok(stream.event.atMs < (stream.traffic.at(-1)?.createdAtMs ?? 0));
}

function shares(messages: readonly Message[]): Record<string, number> & Record<Message["sentiment"], number> {
  const share = (sentiment: string) =>
    messages.filter((one) => one.sentiment === sentiment).length / messages.length;
  return { negative: share("negative"), neutral: share("neutral"), positive: share("positive") };
}

/** Hourly messages to two airlines: three to the one that makes people angry for each to the calm one. */
function tweets(): string {
  const rows = Array.from({ length: 4000 }, (_, index) => {
    const time = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
    const airline = index % 4 === 3 ? "Calm" : index % 40 === 0 ? "BIG" : "Big";
    const sentiment =
      airline === "Calm"
        ? index % 8 === 3
          ? "negative"
          : "neutral"
        : index % 5 === 0
          ? "positive"
          : "negative";
    return `${time},${airline},"It was ""fine"", they say\nnumber ${index}",${sentiment}`;
  });
  return ["created_at,airline,text,sentiment", ...rows].join("\r\n");
}

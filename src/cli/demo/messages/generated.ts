import { dayMs } from "#kernel/clock";
import { createRandom } from "#stats";
import type { Random } from "#stats";

import { airlines } from "./airlines.ts";
import type { Airline } from "./airlines.ts";
import { arrivals } from "./arrivals.ts";
import { createCustomers } from "./customers.ts";
import { fillSlots } from "./slots.ts";
import { sentiments } from "./stream.ts";
import type { Message, MessageStream, Sentiment } from "./stream.ts";
import { everydayIntents, eventIntents } from "./templates.ts";
import type { Intent } from "./templates.ts";
import { wear } from "./wear.ts";

export interface GeneratedOptions {
  readonly seed?: number | string;
  /** The first moment of traffic, at midnight UTC; training ends there. */
  readonly trafficStartsAtMs?: number;
  readonly trainingMessages?: number;
  readonly messagesPerDay?: number;
  readonly trafficDays?: number;
  /** Days of traffic before the event. */
  readonly eventAfterDays?: number;
}

/**
 * Synthetic messages: nobody ever wrote them. Airlines, customers, templates and words are invented; a seed
 * repeats every letter. What is true to life is the shape: classes of unequal size, a mix that differs by
 * airline, a weekly and a daily rhythm, typing as on a phone, 4 % of labels wrong, and a world that changes at
 * a known moment (see `eventIntents`).
 */
export function generateMessages(options: GeneratedOptions = {}): MessageStream {
  const {
    seed = "airline-care",
    trafficStartsAtMs = Date.UTC(2026, 2, 2),
    trainingMessages = 3600,
    messagesPerDay = 400,
    trafficDays = 20,
    eventAfterDays = 6,
  } = options;
  const trainingDays = Math.ceil(trainingMessages / 60);
  // Six in the morning: the new app was put out over night.
  const eventAtMs = trafficStartsAtMs + (eventAfterDays + 0.25) * dayMs;
  const write = createWriter(seed, eventAtMs);
  const random = createRandom(seed).fork("arrivals");

  const trainingStartsAtMs = trafficStartsAtMs - trainingDays * dayMs;
  const trainingTimes = arrivals(trainingStartsAtMs, trainingDays, trainingMessages / trainingDays, random);
  const trafficTimes = arrivals(trafficStartsAtMs, trafficDays, messagesPerDay, random);
  return {
    seed: String(seed),
    isMade: true,
    origin: "Synthetic messages, made by a seeded generator",
    training: trainingTimes.map(write),
    traffic: trafficTimes.map(write),
    event: {
      atMs: eventAtMs,
      description:
        "Northwind and Meridian put out a new app, SkyPocket, and a fare named BareFare: words nobody wrote before, and more anger than usual.",
    },
  };
}

/** The share of messages whose label names another class than the writer meant. */
export const labelNoise = 0.04;

function createWriter(seed: number | string, eventAtMs: number): (atMs: number) => Message {
  const random = createRandom(seed).fork("messages");
  const pickCustomer = createCustomers(createRandom(seed).fork("customers"));
  let written = 0;
  return (createdAtMs) => {
    const isAfterEvent = createdAtMs >= eventAtMs;
    const airline = pickBy(airlines, (one) => one.share, random);
    const mood = isAfterEvent ? airline.moodAfterEvent : airline.mood;
    const meant = pickBy(sentiments, (one) => mood[one], random);
    const intent = pickIntent(airline, meant, isAfterEvent, random);
    const customer = pickCustomer(airline.name);
    written += 1;
    return {
      messageId: `m${String(written).padStart(6, "0")}`,
      createdAtMs,
      airline: airline.name,
      customerId: customer.id,
      customerName: customer.name,
      text: wear(fillSlots(random.pick(intent.templates), random), meant, airline.name, random),
      sentiment: mislabel(meant, random),
    };
  };
}

function pickIntent(airline: Airline, meant: Sentiment, isAfterEvent: boolean, random: Random): Intent {
  const isAboutEvent = isAfterEvent && random.chance(airline.aboutEvent[meant]);
  const intents = (isAboutEvent ? eventIntents : everydayIntents).filter((one) => one.sentiment === meant);
  return pickBy(intents, (one) => one.weight, random);
}

function mislabel(meant: Sentiment, random: Random): Sentiment {
  if (!random.chance(labelNoise)) return meant;
  return random.pick(sentiments.filter((one) => one !== meant));
}

function pickBy<Item>(items: readonly Item[], weight: (item: Item) => number, random: Random): Item {
  const chosen = random.pickWeighted(items.map(weight));
  return random.pick(items.slice(chosen, chosen + 1));
}

import type { Sentiment } from "./stream.ts";

/** An invented airline: how much its customers write, in which mood, and how far the event reaches it. */
export interface Airline {
  readonly name: string;
  readonly share: number;
  readonly mood: Readonly<Record<Sentiment, number>>;
  /** The same from the event on. */
  readonly moodAfterEvent: Readonly<Record<Sentiment, number>>;
  /** Of its messages from the event on, the share that is about the event, by sentiment. */
  readonly aboutEvent: Readonly<Record<Sentiment, number>>;
}

export const airlines: readonly Airline[] = [
  {
    name: "Northwind",
    share: 0.34,
    mood: { negative: 0.32, neutral: 0.46, positive: 0.22 },
    moodAfterEvent: { negative: 0.5, neutral: 0.36, positive: 0.14 },
    aboutEvent: { negative: 0.65, neutral: 0.3, positive: 0.1 },
  },
  {
    name: "Meridian",
    share: 0.28,
    mood: { negative: 0.36, neutral: 0.44, positive: 0.2 },
    moodAfterEvent: { negative: 0.52, neutral: 0.35, positive: 0.13 },
    aboutEvent: { negative: 0.6, neutral: 0.3, positive: 0.1 },
  },
  {
    name: "Blue Heron",
    share: 0.22,
    mood: { negative: 0.25, neutral: 0.48, positive: 0.27 },
    moodAfterEvent: { negative: 0.28, neutral: 0.47, positive: 0.25 },
    aboutEvent: { negative: 0.1, neutral: 0.05, positive: 0 },
  },
  {
    name: "Sunlark",
    share: 0.16,
    mood: { negative: 0.22, neutral: 0.46, positive: 0.32 },
    moodAfterEvent: { negative: 0.23, neutral: 0.46, positive: 0.31 },
    aboutEvent: { negative: 0.05, neutral: 0.05, positive: 0 },
  },
];

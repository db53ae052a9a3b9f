/** One message of a customer, as a person labelled it. */
export interface Message {
  readonly messageId: string;
  readonly createdAtMs: number;
  readonly airline: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly text: string;
  readonly sentiment: Sentiment;
}

export type Sentiment = "negative" | "neutral" | "positive";

export const sentiments: readonly Sentiment[] = ["negative", "neutral", "positive"];

/**
 * What the demo plays: messages to train on, then traffic in time order, and the moment at which the world
 * changes. All of `training` is older than all of `traffic`.
 */
export interface MessageStream {
  /** Where the messages come from, in a sentence to show. */
  readonly origin: string;
  /** For whatever is left to chance in the story: the same messages make the same story, wherever their file lies. */
  readonly seed: string;
  /** Whether the project made the messages itself; otherwise somebody really wrote them. */
  readonly isMade: boolean;
  readonly training: readonly Message[];
  readonly traffic: readonly Message[];
  readonly event: { readonly atMs: number; readonly description: string };
}

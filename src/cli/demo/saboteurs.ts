import type { MessageStream } from "./messages/index.ts";

/** A mistake that somebody makes on purpose, so that the platform can be seen to catch it. */
export interface Sabotage {
  readonly what: string;
  /** Overrides of params.yaml. */
  readonly parameters: Record<string, unknown>;
  readonly datasetVersions?: Record<string, string>;
  /** Where it has to end. */
  readonly endsAt: "gates" | "rollout";
  readonly when: "before_event" | "after_retraining";
}

/** A model of three words: bad enough that its gates see it. */
export function badCandidate(): Sabotage {
  return {
    what: "a vocabulary of three words",
    parameters: { "train.largest_vocabulary": 3, "train.candidates.phrases.ngrams": 1 },
    endsAt: "gates",
    when: "before_event",
  };
}

/**
 * A candidate that looks fine on the rows it is judged on and is not: what no gate can see and live traffic
 * does. On the made messages somebody trains on the data of before the event, whose own holdout knows nothing
 * of it. On a file, the oldest mistake of all: something that is only known afterwards, here the note of
 * whoever escalated a message, got into training and holdout alike.
 */
export function badCanary(stream: MessageStream, firstVersionId: string): Sabotage {
  if (stream.isMade) {
    return {
      what: "trained on last month's data",
      parameters: { "train.candidates.words.c": 6 },
      datasetVersions: { messages: firstVersionId },
      endsAt: "rollout",
      when: "after_retraining",
    };
  }
  return {
    what: "notes that are written afterwards leaked into the texts",
    parameters: { "prepare.keep_notes": true },
    endsAt: "rollout",
    when: "after_retraining",
  };
}

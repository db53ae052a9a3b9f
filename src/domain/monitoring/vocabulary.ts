/** In how many messages a word stands, before and since. */
export interface WordCount {
  readonly word: string;
  readonly before: number;
  readonly since: number;
}

export interface ShiftedWord extends WordCount {
  readonly shareBefore: number;
  readonly shareSince: number;
  /** Of the change in log odds. */
  readonly zScore: number;
}

/**
 * The words that became more frequent, the surest first: log odds with an informative Dirichlet prior, which
 * takes as much as rare words need and little from frequent ones (Monroe, Colaresi and Quinn, "Fightin'
 * Words", Political Analysis 16, 2008, equations 15 to 22). Counts are of messages, so that one that repeats a
 * word counts once.
 */
export function shiftedWords(
  words: readonly WordCount[],
  messages: { readonly before: number; readonly since: number },
  limit: number = 12,
): ShiftedWord[] {
  const { before: messagesBefore, since: messagesSince } = messages;
  if (messagesBefore === 0 || messagesSince === 0) return [];
  const all = words.reduce((sum, { before, since }) => sum + before + since, 0);
  return words
    .map((counts): ShiftedWord => {
      const prior = priorMessages * ((counts.before + counts.since) / all);
      const odds = (count: number, n: number): number =>
        (count + prior) / (n + priorMessages - count - prior);
      const change = Math.log(odds(counts.since, messagesSince) / odds(counts.before, messagesBefore));
      const variance = 1 / (counts.since + prior) + 1 / (counts.before + prior);
      return {
        ...counts,
        shareBefore: counts.before / messagesBefore,
        shareSince: counts.since / messagesSince,
        zScore: change / Math.sqrt(variance),
      };
    })
    .filter(
      (word) => word.zScore >= surely && word.since >= fewest && word.shareSince >= 2 * word.shareBefore,
    )
    .toSorted((a, b) => b.zScore - a.zScore || (a.word < b.word ? -1 : 1))
    .slice(0, limit);
}

/** How many messages the prior is worth. */
const priorMessages = 500;
// Thousands of words are looked at: 3.5 standard deviations leave less than one in four thousand by chance.
const surely = 3.5;
const fewest = 5;

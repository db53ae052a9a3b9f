/**
 * The arithmetic of e-detectors (Shin, Ramdas and Rinaldo, arXiv 2203.03532). A bet of mean at most 1 under what is
 * tolerated is started anew before every batch with a small stake; the sum of what all starts have won, Mₜ, jumps
 * soon after any change, however long it was quiet before. With stakes of 1/period, M never reaches 1/α within a
 * period with probability 1 − α (Ville), and reaches it at most about α times a period in the long run.
 *
 * Constant bets make this one number per bet: the winnings of all starts together, next stake included, as a
 * logarithm. Batches of any size cost the same.
 */
export function nextLogWealth(logWealth: number, logBet: number, logStake: number): number {
  const won = logWealth + logBet;
  return Math.max(won, logStake) + Math.log1p(Math.exp(-Math.abs(won - logStake)));
}

/** The mean winnings of all bets, with the stakes that are still to come in the first period. */
export function eValueOf(logWealths: readonly number[], batches: number, periodBatches: number): number {
  if (logWealths.length === 0) return 1;
  const unstaked = Math.max(0, 1 - (batches + 1) / periodBatches);
  return Math.min(Number.MAX_VALUE, Math.exp(logMeanExp(logWealths)) + unstaked);
}

/**
 * Where the change began, as Page's CUSUM (1954) sees it: the evidence summed up since it last was not positive, and
 * what was counted since then.
 */
export interface Run {
  readonly evidence: number;
  /** The number of batches that came before the run. */
  readonly since: number;
  readonly n: number;
  readonly sum: number;
}

export function startRun(since: number): Run {
  return { evidence: 0, since, n: 0, sum: 0 };
}

export function nextRun(run: Run, batch: number, logBets: readonly number[], n: number, sum: number): Run {
  const kept = run.evidence > 0 ? run : startRun(batch);
  return {
    evidence: kept.evidence + (n === 0 ? 0 : logMeanExp(logBets)),
    since: kept.since,
    n: kept.n + n,
    sum: kept.sum + sum,
  };
}

/**
 * The alpha of one monitor when more than `atMost` false alarms in a period, over all `monitors` together, are to be
 * rarer than `risk`. Restarted after each alarm, k of them in a period have a probability of αᵏ at most.
 */
export function alphaForFalseAlarms({
  atMost,
  monitors = 1,
  risk = 0.01,
}: {
  readonly atMost: number;
  readonly monitors?: number;
  readonly risk?: number;
}): number {
  return risk ** (1 / (Math.floor(atMost) + 1)) / monitors;
}

function logMeanExp(logs: readonly number[]): number {
  return logSumExp(logs) - Math.log(logs.length);
}

function logSumExp(logs: readonly number[]): number {
  let largest = -Infinity;
  for (const log of logs) if (log > largest) largest = log;
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum);
}

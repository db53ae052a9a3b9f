import type { Histogram } from "./bins.ts";
import { normalCdf } from "./normal.ts";
import { requireShare, sumOf } from "./preconditions.ts";
import { exactProportionBound } from "./proportion.ts";

/** How far a cell's share may move from the reference without being called drift. */
export interface DriftTolerance {
  /** As a part of the reference share; one quarter unless said otherwise. */
  readonly tolerance?: number;
  /** In any case this much; half a per cent of the rows unless said otherwise. */
  readonly absoluteTolerance?: number;
}

/** "Cell c holds at most (at least) this share": what the bets are against. */
export interface DriftClaim {
  readonly cell: number;
  readonly direction: "more" | "fewer";
  readonly referenceShare: number;
  readonly limit: number;
  readonly bets: readonly Bet[];
}

/** What a row in the cell, and a row outside it, multiplies the winnings by, as logarithms. */
interface Bet {
  readonly logInside: number;
  readonly logOutside: number;
}

/**
 * Two claims for every cell, that its share is not above and not below the tolerated band. The reference is a sample
 * itself: where it is too small to know a share as well as the tolerance, the band widens to the exact interval with
 * four standard deviations of safety, so that a small reference makes the detector duller and never jumpy.
 */
export function claimsOf(reference: Histogram, options: DriftTolerance): DriftClaim[] {
  const { tolerance = 0.25, absoluteTolerance = 0.005 } = options;
  requireShare("tolerance", tolerance);
  requireShare("absoluteTolerance", absoluteTolerance);
  const n = sumOf(reference.counts);
  return reference.counts.flatMap((count, cell) => {
    const referenceShare = count / n;
    const allowed = Math.max(referenceShare * tolerance, absoluteTolerance);
    const high = Math.max(referenceShare + allowed, exactProportionBound("upper", count, n, SAFETY_TAIL));
    const low = Math.min(referenceShare - allowed, exactProportionBound("lower", count, n, SAFETY_TAIL));
    const more = { cell, direction: "more", referenceShare, limit: high, bets: betsAbove(high) } as const;
    const fewer = { cell, direction: "fewer", referenceShare, limit: low, bets: betsBelow(low) } as const;
    return [...(high < 1 ? [more] : []), ...(low > 0 ? [fewer] : [])];
  });
}

/** The logarithms of what the bets win on a window with `inside` of `n` rows in the cell. */
export function logBetsAgainst(claim: DriftClaim, inside: number, n: number): number[] {
  return claim.bets.map(({ logInside, logOutside }) => inside * logInside + (n - inside) * logOutside);
}

const SAFETY_TAIL = normalCdf(-4);

/** Alternatives from a little to far beyond the limit, as factors on the odds; each wins where the truth is near it. */
const ODDS_FACTORS = [1.2, 1.6, 3, 12];

/**
 * The likelihood ratio of the share q against the limit u < q has a mean of 1 for a share of exactly u and less for
 * any below.
 */
function betsAbove(limit: number): Bet[] {
  return ODDS_FACTORS.map((factor) => {
    const share = (limit * factor) / (1 - limit + limit * factor);
    return { logInside: Math.log(share / limit), logOutside: Math.log((1 - share) / (1 - limit)) };
  });
}

/** Too few rows in a cell are too many outside it. */
function betsBelow(limit: number): Bet[] {
  return betsAbove(1 - limit).map(({ logInside, logOutside }) => ({
    logInside: logOutside,
    logOutside: logInside,
  }));
}

import { lowerGammaShare, upperGammaShare } from "./gamma.ts";
import { requireProbability } from "./preconditions.ts";

/** Φ(x), accurate in relative terms in both tails: erfc(x) = Q(1/2, x²). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const halfSquare = (x * x) / 2;
  return x < 0 ? upperGammaShare(0.5, halfSquare) / 2 : 0.5 + lowerGammaShare(0.5, halfSquare) / 2;
}

/** Φ⁻¹(p): Acklam's rational approximation (1e-9), sharpened by one step of Halley's method. */
export function normalQuantile(probability: number): number {
  requireProbability("probability", probability);
  if (probability > 0.5) return -normalQuantile(1 - probability);
  const start = acklam(probability);
  const error = (normalCdf(start) - probability) * Math.sqrt(2 * Math.PI) * Math.exp((start * start) / 2);
  return start - error / (1 + (start * error) / 2);
}

/** The two-sided critical value: 1.96 for a level of 0.95. */
export function criticalNormal(level: number): number {
  requireProbability("level", level);
  return -normalQuantile((1 - level) / 2);
}

/** 2·P(Z ≥ |z|). */
export function twoSidedNormalP(z: number): number {
  return upperGammaShare(0.5, (z * z) / 2);
}

function acklam(p: number): number {
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(q, TAIL_ABOVE) / (polynomial(q, TAIL_BELOW) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(r, CENTRE_ABOVE) * q) / (polynomial(r, CENTRE_BELOW) * r + 1);
}

function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
}

const CENTRE_ABOVE = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRE_BELOW = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const TAIL_ABOVE = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

import { logGamma } from "./gamma.ts";
import { requirePositive, requireShare } from "./preconditions.ts";

/** ln B(a, b). With a large parameter the big logarithms are cancelled by hand (Stirling), so no digit is lost. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const sum = small + large;
  const ratio = -(large - 0.5) * Math.log1p(small / large) - small * Math.log(sum) + small;
  return logGamma(small) + ratio + stirlingRest(large) - stirlingRest(sum);
}

/** I_x(a, b), the distribution function of Beta(a, b) at x (continued fraction, DLMF 8.17.22). */
export function betaCdf(x: number, a: number, b: number): number {
  requirePositive("a", a);
  requirePositive("b", b);
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  // The fraction converges fast only on its own side of the mean; the other side is the mirror image.
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(x, a, b)) / a
    : 1 - (front * fraction(1 - x, b, a)) / b;
}

/** The x with betaCdf(x, a, b) = probability: Newton's steps, kept inside a shrinking bracket. */
export function betaQuantile(probability: number, a: number, b: number): number {
  requireShare("probability", probability);
  if (probability === 0) return 0;
  if (probability === 1) return 1;
  const normaliser = logBeta(a, b);
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let round = 0; round < 400 && high - low > 1e-16 * high; round += 1) {
    const excess = betaCdf(x, a, b) - probability;
    if (excess === 0) return x;
    if (excess > 0) high = x;
    else low = x;
    const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - normaliser);
    const newton = x - excess / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-16 * x) return next;
    x = next;
  }
  return x;
}

/** logGamma(x) − ((x − ½) ln x − x + ½ ln 2π), for x of 10 or more (DLMF 5.11.1). */
function stirlingRest(x: number): number {
  const square = 1 / (x * x);
  return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / x;
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guarded = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 100_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return h;
}

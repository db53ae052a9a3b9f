import { ok } from "node:assert/strict";
import { test } from "node:test";
import {
  betaCdf,
  betaQuantile,
  chiSquareSurvival,
  criticalStudent,
  logGamma,
  normalCdf,
  normalQuantile,
} from "./index.ts";
import { createRandom, lowerGammaShare, twoSidedStudentP, upperGammaShare } from "./index.ts";

function near(actual: number, expected: number, relative = 1e-11): void {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300);
  ok(error <= relative, `${actual} is not ${expected} (relative error ${error})`);
}

test("logGamma is the logarithm of the factorial, and of √π at one half", () => {
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(11), Math.log(3_628_800));
  near(logGamma(171), 706.5730622457874);
});

test("logGamma obeys its recurrence Γ(x + 1) = x Γ(x)", () => {
  const random = createRandom("gamma");
  for (let round = 0; round < 200; round += 1) {
    const x = Math.exp(random.normal(1, 2));
    ok(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x)) < 1e-10 * Math.max(1, logGamma(x + 1)));
  }
});

test("the normal law has the printed percentiles", () => {
  near(normalQuantile(0.975), 1.959963984540054, 1e-13);
  near(normalQuantile(0.999), 3.090232306167813, 1e-13);
  near(normalCdf(-5), 2.866515718791939e-7, 1e-12);
  near(normalCdf(1), 0.8413447460685429, 1e-13);
});

test("quantile and distribution function of the normal law undo each other far into the tail", () => {
  for (const exponent of [-1, -2, -5, -12, -40, -200]) {
    const probability = 10 ** exponent;
    near(normalCdf(normalQuantile(probability)), probability, 1e-10);
  }
});

test("two degrees of freedom make the chi-square tail exponential", () => {
  for (const x of [0.1, 1, 3, 10, 50, 400]) near(chiSquareSurvival(x, 2), Math.exp(-x / 2), 1e-12);
});

test("the two shares of the gamma function sum to one", () => {
  for (const [a, x] of [
    [0.5, 0.2],
    [3, 3],
    [50, 40],
    [1000, 1100],
  ] as const) {
    near(lowerGammaShare(a, x) + upperGammaShare(a, x), 1, 1e-12);
  }
});

test("a beta law with one parameter 1 is a power", () => {
  for (const x of [1e-6, 0.1, 0.5, 0.93]) {
    near(betaCdf(x, 7, 1), x ** 7, 1e-11);
    near(betaCdf(x, 1, 7), -Math.expm1(7 * Math.log1p(-x)), 1e-9);
  }
});

test("quantile and distribution function of the beta law undo each other", () => {
  const random = createRandom("beta");
  for (let round = 0; round < 300; round += 1) {
    const [a, b, probability] = [
      Math.exp(random.normal(2, 1)),
      Math.exp(random.normal(2, 1)),
      random.uniform(),
    ];
    const x = betaQuantile(probability, a, b);
    ok(Math.abs(betaCdf(x, a, b) - probability) < 1e-9, `${a} ${b} ${probability}`);
  }
});

test("Student's law has the printed critical values and becomes normal", () => {
  near(criticalStudent(0.95, 1), 12.706204736432095, 1e-10);
  near(criticalStudent(0.95, 10), 2.22813885198627, 1e-12);
  near(criticalStudent(0.99, 30), 2.7499956535672, 1e-9);
  near(criticalStudent(0.95, 1e9), 1.959963984540054, 1e-8);
  near(twoSidedStudentP(2.22813885198627, 10), 0.05, 1e-11);
});

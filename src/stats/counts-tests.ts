import { chiSquareSurvival } from "./gamma.ts";
import { itemAt, requireSameLength, sumOf } from "./preconditions.ts";

export interface CountsTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
}

/** Pearson's test that two rows of counts come from one law; cells empty in both are left out. */
export function chiSquareTwoSampleTest(first: readonly number[], second: readonly number[]): CountsTest {
  return twoSampleTest(first, second, (count, expected) => (count - expected) ** 2 / expected);
}

/** The likelihood-ratio form of the same test. */
export function gTwoSampleTest(first: readonly number[], second: readonly number[]): CountsTest {
  return twoSampleTest(first, second, (count, expected) =>
    count === 0 ? 0 : 2 * count * Math.log(count / expected),
  );
}

function twoSampleTest(
  first: readonly number[],
  second: readonly number[],
  term: (count: number, expected: number) => number,
): CountsTest {
  requireSameLength(first, second, "the counts");
  const [n, m] = [sumOf(first), sumOf(second)];
  const columns = first
    .map((count, cell) => ({ first: count, second: itemAt(second, cell) }))
    .filter((column) => column.first + column.second > 0);
  const statistic = sumOf(
    columns.map((column) => {
      const share = (column.first + column.second) / (n + m);
      return (n === 0 ? 0 : term(column.first, n * share)) + (m === 0 ? 0 : term(column.second, m * share));
    }),
  );
  return withP(statistic, n === 0 || m === 0 ? 0 : columns.length - 1);
}

/** A test without a degree of freedom cannot contradict anything: p is 1. */
export function withP(statistic: number, degreesOfFreedom: number): CountsTest {
  if (degreesOfFreedom <= 0) return { statistic, degreesOfFreedom: 0, p: 1 };
  return { statistic, degreesOfFreedom, p: chiSquareSurvival(statistic, degreesOfFreedom) };
}

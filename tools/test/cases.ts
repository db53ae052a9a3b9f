/** One finished case of a test file, as the reporter writes it. */
export interface CaseEvent {
  /** The names of the suites and the test, outermost first. */
  readonly name: string;
  readonly durationMs: number;
  /** `parent`: a suite, or a test that failed only because of the tests within it; counts for nothing. */
  readonly outcome: "passed" | "failed" | "skipped" | "parent";
  /** Why it failed, with the stack; or why it was left out. */
  readonly message?: string;
}

export interface Failure {
  /** The file or the check. */
  readonly where: string;
  readonly name: string;
  readonly detail: string;
}

export interface Skip {
  readonly where: string;
  readonly name: string;
  readonly reason: string;
}

/** What came of a file, a step or the whole run. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
}

export const emptyTally: Tally = { passed: 0, failures: [], skips: [] };

export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, one) => sum + one.passed, 0),
    failures: tallies.flatMap((one) => one.failures),
    skips: tallies.flatMap((one) => one.skips),
  };
}

/** `12 passed, 0 failed`, and how many were left out when any were. */
export function tallyLine({ passed, failures, skips }: Tally): string {
  const counts = `${passed} passed, ${failures.length} failed`;
  return skips.length > 0 ? `${counts}, ${skips.length} skipped` : counts;
}

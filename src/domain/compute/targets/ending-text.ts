/** How the last command ended, in one sentence. */
export function describeExit(exitCode: number | null, signal: string | null): string {
  return signal === null ? `It ended with exit code ${exitCode}.` : `It was ended by ${signal}.`;
}

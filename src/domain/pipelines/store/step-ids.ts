// As in the ids of the kernel: no I, L, O, U.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const executionDigits = 15;
const placeDigits = 5;

/**
 * The id of a step, which follows from its execution and its place there: so it is known before the step
 * has a row. It keeps the time of the execution and 30 of its random bits, and is as long as any id.
 */
export function stepIdOf(execution: string, place: number): string {
  const digits = execution.slice(execution.indexOf("_") + 1);
  return `stp_${digits.slice(0, executionDigits)}${encode(place)}`;
}

/** What the ids of the executions begin with that may have a step of this id, and its place in them. */
export function placeOfStepId(id: string): { readonly executionPrefix: string; readonly place: number } {
  const digits = id.slice(id.indexOf("_") + 1);
  let place = 0;
  for (const digit of digits.slice(executionDigits))
    place = place * alphabet.length + alphabet.indexOf(digit);
  return { executionPrefix: `exe_${digits.slice(0, executionDigits)}`, place };
}

function encode(place: number): string {
  let rest = place;
  let digits = "";
  for (let digit = 0; digit < placeDigits; digit++) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

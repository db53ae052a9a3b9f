/**
 * The arithmetic of this folder is only true under conditions; a caller who breaks one has a defect, so
 * these throw plain `RangeError`s and never a `Problem`.
 */
export function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must lie between 0 and 1, not ${value}`);
}

/** A probability of error or a level of confidence: neither certain nor impossible. */
export function requireProbability(name: string, value: number): void {
  if (!(value > 0 && value < 1))
    throw new RangeError(`${name} must lie strictly between 0 and 1, not ${value}`);
}

export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name} must be positive, not ${value}`);
}

/** Counts may be fractional (weighted rows), never negative or infinite. */
export function requireCount(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${name} must be a count, not ${value}`);
}

export function requireSameLength(
  first: ArrayLike<unknown>,
  second: ArrayLike<unknown>,
  names: string,
): void {
  if (first.length !== second.length) {
    throw new RangeError(`${names} must be equally long, not ${first.length} and ${second.length}`);
  }
}

/** The item at a place that must exist. */
export function itemAt<Item>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  if (item === undefined) throw new RangeError(`there is no item ${index} in a list of ${list.length}`);
  return item;
}

export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

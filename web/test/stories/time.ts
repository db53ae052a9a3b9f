/** The moment of the invented project. */
export const nowMs = Date.UTC(2027, 2, 12, 9, 30);
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const digest = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}`;

/** How numbers, times and names are written on every page. Pure: values in, text out. */

const missing = "–";

/** A number with as many digits as it deserves: 12,480; 0.873; 1.2e-7. */
export function number(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return missing;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (digits !== undefined) {
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0001) return value.toExponential(1);
  if (Number.isInteger(value) || size >= 1000)
    return value.toLocaleString("en", { maximumFractionDigits: 0 });
  return value.toLocaleString("en", { maximumFractionDigits: size >= 100 ? 1 : size >= 1 ? 2 : 4 });
}

/** One way to write all values of a column, so that they compare by eye: the same digits after the point. */
export function alike(
  values: readonly (number | null | undefined)[],
): (value: number | null | undefined) => string {
  const known = values.filter(
    (value): value is number => typeof value === "number" && Number.isFinite(value),
  );
  if (known.every(Number.isInteger)) return (value) => number(value);
  const largest = Math.max(...known.map(Math.abs));
  const smallest = Math.min(...known.filter((value) => value !== 0).map(Math.abs));
  if (smallest < 0.0001) return (value) => number(value);
  const digits = largest >= 1000 ? 0 : largest >= 100 ? 1 : largest >= 10 ? 2 : largest >= 1 ? 3 : 4;
  return (value) => number(value, digits);
}

/** A share between 0 and 1 as a percentage: 84.2 %. */
export function share(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return missing;
  return `${(value * 100).toLocaleString("en", { minimumFractionDigits: 0, maximumFractionDigits: digits })} %`;
}

export function money(value: number | null | undefined, currency = "EUR"): string {
  if (value === null || value === undefined) return missing;
  return value.toLocaleString("en", { style: "currency", currency, minimumFractionDigits: 2 });
}

export function bytes(sizeBytes: number | null | undefined): string {
  if (sizeBytes === null || sizeBytes === undefined) return missing;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = sizeBytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toLocaleString("en", { maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`;
}

/** 840 ms, 12.4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(elapsedMs: number | null | undefined): string {
  if (elapsedMs === null || elapsedMs === undefined || Number.isNaN(elapsedMs)) return missing;
  if (elapsedMs < 10) return `${elapsedMs.toLocaleString("en", { maximumFractionDigits: 1 })} ms`;
  if (elapsedMs < 1000) return `${Math.round(elapsedMs)} ms`;
  if (elapsedMs < 59_950) return `${(elapsedMs / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} s`;
  const seconds = Math.round(elapsedMs / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** just now, 4 min ago, in 3 d. */
export function ago(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs);
  if (distance < 5_000) return "just now";
  const words = coarse(distance);
  return atMs > nowMs ? `in ${words}` : `${words} ago`;
}

export function dateTime(atMs: number | null | undefined): string {
  if (atMs === null || atMs === undefined) return missing;
  return new Date(atMs).toLocaleString("en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
}

export function day(atMs: number | null | undefined): string {
  if (atMs === null || atMs === undefined) return missing;
  return new Date(atMs).toLocaleDateString("en-GB", { year: "numeric", month: "short", day: "numeric" });
}

/** The first twelve digits of a digest, which tell two things apart at a glance. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256[:-]/, "").slice(0, 12);
}

/** A bound as it is written in gyre.yaml, for reading: ">= 0.60" becomes "≥ 0.60". */
export function bound(text: string): string {
  return text.replace(">=", "≥").replace("<=", "≤");
}

/** "1 row", "12,480 rows". */
export function count(amount: number | null | undefined, one: string, many = `${one}s`): string {
  if (amount === null || amount === undefined) return missing;
  return `${number(amount)} ${amount === 1 ? one : many}`;
}

/** snake_case and kebab-case to words: expected_cost becomes "expected cost". */
export function words(name: string): string {
  return name.replaceAll(/[_-]+/g, " ");
}

/** Whatever a cell may hold, as text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return missing;
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return JSON.stringify(value);
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function coarse(distanceMs: number): string {
  const seconds = Math.round(distanceMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} h`;
  const days = Math.round(hours / 24);
  if (days < 60) return `${days} d`;
  const months = Math.round(days / 30.44);
  return months < 24 ? `${months} months` : `${Math.round(days / 365.25)} years`;
}

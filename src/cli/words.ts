/** `2026-11-21 14:03`, UTC like everything Gyre keeps. */
export function timeText(atMs: number | null): string {
  return atMs === null ? "-" : new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, length]) => seconds >= length);
  return units
    .slice(first, first + 2)
    .map(([unit, length], index) => {
      const above = units[first + index - 1];
      const rest = index === 0 || above === undefined ? seconds : seconds % above[1];
      return `${Math.floor(rest / length)} ${unit}`;
    })
    .join(" ")
    .replace(/ 0 \w+$/, "");
}

/** At most four digits that mean something: `0.8312`, `12.3`, `1250`. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

export function sizeText(sizeBytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = sizeBytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(sizeBytes) / 3));
  const value = sizeBytes / 1_000 ** power;
  return `${power === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[power] ?? "B"}`;
}

/** `10 %`, `2.5 %`. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The first twelve characters: enough to recognise a digest or a run. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

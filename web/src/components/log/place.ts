/**
 * Where a log of any length is looked at. A browser cannot scroll over more than some ten million pixels,
 * so the bar stands for the whole log, while small movements go line by line.
 */
export interface Place {
  /** The line at the top, from 1. */
  line: number;
  /** How much of it is already above the top, in pixels. */
  above: number;
}

export const lineHeight = 20;
const highestBar = 8_000_000;

/** The lines and their heights: a wrapped line is higher than one, a line not loaded yet counts as one. */
export interface Lines {
  total: number;
  heightOf: (line: number) => number;
}

/** How high the scrolled content is made, so that the bar has room for every line or is as long as it may be. */
export function barHeight(total: number, viewHeight: number): number {
  return Math.max(viewHeight, Math.min(highestBar, total * lineHeight + 8));
}

/** The place after a movement by so many pixels, neither before the first line nor behind the last page. */
export function move(place: Place, byPx: number, lines: Lines, viewHeight: number): Place {
  let { line, above } = place;
  above += byPx;
  while (above < 0 && line > 1) above += lines.heightOf(--line);
  while (line < lines.total && above >= lines.heightOf(line)) above -= lines.heightOf(line++);
  const end = lastPage(lines, viewHeight);
  if (line > end.line || (line === end.line && above > end.above)) return end;
  return { line, above: Math.max(0, above) };
}

/** The place at which the last line ends at the bottom. */
export function lastPage(lines: Lines, viewHeight: number): Place {
  let line = lines.total + 1;
  let left = viewHeight - 8;
  while (line > 1 && left > 0) left -= lines.heightOf(--line);
  return left >= 0 ? { line: Math.max(1, line), above: 0 } : { line, above: -left };
}

/** The place that puts a line into the middle. */
export function centred(wanted: number, lines: Lines, viewHeight: number): Place {
  const line = Math.max(1, Math.min(lines.total, wanted));
  return move({ line, above: 0 }, -(viewHeight - lineHeight) / 2, lines, viewHeight);
}

/** The place a position of the bar stands for, after a jump. */
export function placeAt(scrollTop: number, lines: Lines, viewHeight: number): Place {
  const range = barHeight(lines.total, viewHeight) - viewHeight;
  const end = lastPage(lines, viewHeight);
  if (range <= 0 || scrollTop <= 0) return { line: 1, above: 0 };
  if (scrollTop >= range - 1) return end;
  const exact = 1 + (scrollTop / range) * (end.line - 1 + end.above / lineHeight);
  const line = Math.floor(exact);
  return { line, above: Math.min(lines.heightOf(line) - 1, (exact - line) * lineHeight) };
}

/** Where the bar stands for a place. */
export function barAt(place: Place, lines: Lines, viewHeight: number): number {
  const range = barHeight(lines.total, viewHeight) - viewHeight;
  const end = lastPage(lines, viewHeight);
  const whole = end.line - 1 + end.above / lineHeight;
  if (whole <= 0 || range <= 0) return 0;
  return Math.min(range, ((place.line - 1 + place.above / lineHeight) / whole) * range);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const palettes = { light: palette(0), dark: palette(1) };
const surfaces = ["ground", "panel", "raised", "sunken", "hover"];
const states = ["good", "warn", "bad", "busy", "idle", "accent"];

/** Text and what lies behind it: 4.5 to 1 (WCAG 2.2, 1.4.3). */
const text: readonly (readonly [string, string])[] = [
  ...["ink", "ink-soft", "ink-faint", "accent", "accent-strong"].flatMap((ink) =>
    surfaces.map((surface) => [ink, surface] as const),
  ),
  ...states.flatMap((state) => surfaces.map((surface) => [state, surface] as const)),
  ...states.map((state) => [state, `${state}-wash`] as const),
  ...states.map((state) => ["ink", `${state}-wash`] as const),
  ["on-accent", "accent-fill"],
  ["on-accent", "accent-fill-hover"],
  ["on-accent", "bad-fill"],
  ["on-accent", "bad-fill-hover"],
];

/** Lines of charts and borders of controls, on what they lie: 3 to 1 (WCAG 2.2, 1.4.11). */
const marks: readonly (readonly [string, string])[] = [
  ...Array.from({ length: 8 }, (_, index) => [`series-${index + 1}`, "panel"] as const),
  ...["ground", "panel", "raised"].map((surface) => ["control", surface] as const),
  ["accent-fill", "ground"],
  ["accent-fill", "panel"],
];

for (const [theme, colours] of Object.entries(palettes)) {
  test(`every text of the ${theme} theme reaches 4.5 to 1 on what lies behind it`, () => {
    assert.deepEqual(tooFaint(colours, text, 4.5), []);
  });

  test(`every mark of the ${theme} theme reaches 3 to 1 on what lies behind it`, () => {
    assert.deepEqual(tooFaint(colours, marks, 3), []);
  });
}

function tooFaint(
  colours: ReadonlyMap<string, string>,
  pairs: readonly (readonly [string, string])[],
  atLeast: number,
): string[] {
  return pairs.flatMap(([over, under]) => {
    const ratio = contrast(colour(colours, over), colour(colours, under));
    return ratio >= atLeast ? [] : [`${over} on ${under}: ${ratio.toFixed(2)}`];
  });
}

function colour(colours: ReadonlyMap<string, string>, name: string): string {
  const value = colours.get(name);
  assert.ok(value, `tokens.css has no --${name}`);
  return value;
}

function palette(side: 0 | 1): ReadonlyMap<string, string> {
  const declarations = css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g);
  return new Map(Array.from(declarations, (found) => [found[1] ?? "", found[side + 2] ?? ""]));
}

/** Contrast ratio of two sRGB colours, WCAG 2.2 "contrast ratio". */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance, WCAG 2.2 "relative luminance". */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

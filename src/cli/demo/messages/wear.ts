import type { Random } from "#stats";

import type { Sentiment } from "./stream.ts";

/** Makes a clean sentence look typed on a phone: handle, slang, typos, case, emoji. */
export function wear(sentence: string, sentiment: Sentiment, airline: string, random: Random): string {
  let text = random.chance(0.25) ? slang(sentence) : sentence;
  if (random.chance(0.15)) text = typo(text, random);
  if (random.chance(0.06)) text = typo(text, random);
  if (random.chance(0.55)) text = text.charAt(0).toUpperCase() + text.slice(1);
  if (random.chance(sentiment === "negative" ? 0.07 : 0.02)) text = text.toUpperCase();
  if (random.chance(0.12)) text = text.replaceAll(/[.,?!]/g, "");
  if (random.chance(sentiment === "neutral" ? 0.05 : 0.22)) text = `${text} ${random.pick(emoji[sentiment])}`;
  if (random.chance(0.08)) text = `${text}${random.pick(["!!", "...", " !", "!!!", "\nsent from my phone"])}`;
  if (random.chance(0.3)) text = `@${airline.replaceAll(" ", "")} ${text}`;
  return text;
}

const emoji: Record<Sentiment, readonly string[]> = {
  // 😂 and 🙏 stand on both sides, as they do in life.
  negative: ["😡", "😤", "😡😡", "🙄", "😭", "😂", "🙏", "💔"],
  neutral: ["🙏", "✈️", "🤔", "🙂"],
  positive: ["😍", "❤️", "👏", "🎉", "😊", "🙏", "😂", "👍🏽"],
};

const shortened: readonly (readonly [RegExp, string])[] = [
  [/\byou\b/g, "u"],
  [/\byour\b/g, "ur"],
  [/\bplease\b/g, "pls"],
  [/\bthanks\b/g, "thx"],
  [/\band\b/g, "&"],
  [/\bbefore\b/g, "b4"],
  [/\bwhy\b/g, "y"],
  [/\btoday\b/g, "2day"],
  [/\bdelayed\b/g, "dlayed"],
];

function slang(sentence: string): string {
  return shortened.reduce((text, [word, short]) => text.replaceAll(word, short), sentence);
}

/** One slip of the thumb in one longer word: two letters swapped, one dropped, or one doubled. */
function typo(sentence: string, random: Random): string {
  const words = sentence.split(" ");
  const candidates = words.flatMap((word, index) => (/^[a-z]{5,}$/.test(word) ? [index] : []));
  if (candidates.length === 0) return sentence;
  const chosen = random.pick(candidates);
  return words.map((word, index) => (index === chosen ? slip(word, random) : word)).join(" ");
}

function slip(word: string, random: Random): string {
  const at = 1 + random.integer(word.length - 2);
  const before = word.slice(0, at);
  const letter = word.charAt(at);
  const after = word.slice(at + 1);
  switch (random.integer(3)) {
    case 0:
      return `${before}${after.charAt(0)}${letter}${after.slice(1)}`;
    case 1:
      return `${before}${after}`;
    default:
      return `${before}${letter}${letter}${after}`;
  }
}

import type { Random } from "#stats";

const words = {
  city: [
    "Lisbon",
    "Oslo",
    "Denver",
    "Porto",
    "Geneva",
    "Austin",
    "Dublin",
    "Vienna",
    "Boston",
    "Malaga",
    "Riga",
    "Nice",
  ],
  hours: ["two", "3", "4", "five", "6", "seven", "8"],
  period: ["this week", "today", "this month", "this year", "tonight", "this morning"],
  money: ["35 euro", "49 euro", "60 dollars", "$89", "120 euro", "$25"],
  praise: [
    "great",
    "awesome",
    "fantastic",
    "lovely",
    "wonderful",
    "amazing",
    "so kind",
    "excellent",
    "perfect",
  ],
  complaint: [
    "unacceptable",
    "worst service ever",
    "never again",
    "this is ridiculous",
    "I am so disappointed",
    "terrible",
    "I have had enough",
    "shame on you",
    "what a joke",
  ],
} as const;

/** Fills every `{slot}` of a template. An unknown slot is a mistake in the templates. */
export function fillSlots(template: string, random: Random): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => fillSlot(slot, random));
}

function fillSlot(slot: string, random: Random): string {
  switch (slot) {
    case "flight":
      return `${random.pick(["NW", "BH", "SL", "MD"])}${100 + random.integer(900)}`;
    case "gate":
      return `${random.pick(["A", "B", "C", "D"])}${1 + random.integer(40)}`;
    case "seat":
      return `${1 + random.integer(35)}${random.pick(["A", "B", "C", "D", "E", "F"])}`;
    case "code":
      return Array.from({ length: 6 }, () => random.pick([..."ABCDEFGHJKLMNPQRSTUVWXYZ23456789"])).join("");
    case "city":
    case "hours":
    case "period":
    case "money":
    case "praise":
    case "complaint":
      return random.pick(words[slot]);
    default:
      throw new Error(`No words for the slot {${slot}}.`);
  }
}

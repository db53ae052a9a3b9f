import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { Problem } from "../errors.ts";
import { faultsOf, parseYaml, removeYamlValue, setYamlValue } from "./index.ts";

const lamp = z.strictObject({
  name: z.string(),
  watts: z.number().min(1).max(100).optional(),
  colour: z.enum(["white", "amber"]).optional(),
  places: z
    .array(z.strictObject({ room: z.string(), height: z.int().optional() }))
    .min(1)
    .optional(),
  power: z.union([z.literal("mains"), z.strictObject({ battery: z.number() })]).optional(),
  labels: z.record(z.string().regex(/^[a-z]+$/, "a word of small letters"), z.boolean()).optional(),
});

/** `line:column message` of every fault. */
function faults(text: string, schema: z.ZodType = lamp): string[] {
  try {
    parseYaml(text, { file: "lamp.yaml", schema });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    assert.equal(error.code, "yaml_invalid");
    return faultsOf(error).map(({ position, message }) => `${position.line}:${position.column} ${message}`);
  }
  return [];
}

describe("a YAML file", () => {
  it("is its value, and knows where everything stands", () => {
    const text = "# a lamp\nname: hall\nplaces:\n  - room: hall\n    height: 3\n";
    const file = parseYaml(text, { file: "lamp.yaml", schema: lamp });
    assert.deepEqual(file.value, { name: "hall", places: [{ room: "hall", height: 3 }] });
    assert.deepEqual(file.positionOf(["places", 0, "height"]), { file: "lamp.yaml", line: 5, column: 13 });
    assert.deepEqual(file.keyPositionOf(["places", 0, "height"]), { file: "lamp.yaml", line: 5, column: 5 });
    assert.deepEqual(file.positionOf(["watts"]), { file: "lamp.yaml", line: 2, column: 1 });
  });

  it("keeps days, versions in quotes and the word yes as text", () => {
    const schema = z.record(z.string(), z.string());
    const file = parseYaml('day: 2027-03-31\nversion: "3.10"\nanswer: yes', { file: "a.yaml", schema });
    assert.deepEqual(file.value, { day: "2027-03-31", version: "3.10", answer: "yes" });
  });

  it("may end its lines as Windows does and begin with a byte order mark", () => {
    assert.deepEqual(faults("\uFEFFname: hall\r\nwatts: 400\r\n"), [
      "2:8 watts: expected a number of at most 100, found the number 400.",
    ]);
  });

  it("may use anchors and aliases", () => {
    const schema = z.record(z.string(), z.array(z.number()));
    assert.deepEqual(parseYaml("a: &x [1]\nb: *x", { file: "a.yaml", schema }).value, { a: [1], b: [1] });
  });

  const wrong: readonly (readonly [what: string, text: string, faults: readonly string[]])[] = [
    ["emptiness", "", ["1:1 lamp.yaml is empty."]],
    ["nothing but a comment", "# later\n", ["1:1 lamp.yaml is empty."]],
    ["a list at the top", "- 1", ["1:1 The file: expected a mapping, found a list."]],
    [
      "a misspelt key",
      "name: hall\nwats: 4",
      ['2:1 Unknown key "wats" at the top of the file. Did you mean "watts"?'],
    ],
    [
      "a key that resembles none",
      "name: hall\nplaces: [{ room: hall, zzzzzz: 1 }]",
      ['2:24 Unknown key "zzzzzz" in places[0]. Known here: room, height.'],
    ],
    [
      "a misspelt key that is required, once",
      "nmae: hall",
      ['1:1 Unknown key "nmae" at the top of the file. Did you mean "name"?'],
    ],
    ["a missing key", "watts: 4", ['1:1 "name" is missing at the top of the file; expected a text.']],
    [
      "a missing key further in",
      "name: hall\nplaces:\n  - height: 2",
      ['3:5 "room" is missing in places[0]; expected a text.'],
    ],
    [
      "a number for a text",
      "name: 7",
      ["1:7 name: expected a text, found the number 7. Put it into quotes."],
    ],
    [
      "a text for a number",
      "name: hall\nwatts: many",
      ['2:8 watts: expected a number, found the text "many".'],
    ],
    ["no number at all", "name: hall\nwatts: .nan", ["2:8 watts: expected a number, found the number .nan."]],
    [
      "too small a number",
      "name: hall\nwatts: 0",
      ["2:8 watts: expected a number of at least 1, found the number 0."],
    ],
    [
      "a fraction",
      "name: hall\nplaces: [{ room: hall, height: 1.5 }]",
      ["2:32 places[0].height: expected a whole number, found the number 1.5."],
    ],
    ["an empty list", "name: hall\nplaces: []", ["2:9 places: expected at least 1 item, found a list."]],
    ["a value left out", "name:\nwatts: 3", ["1:1 name: expected a text, found nothing."]],
    [
      "a misspelt choice",
      "name: hall\ncolour: wite",
      ['2:9 colour: expected one of "white", "amber", found the text "wite". Did you mean "white"?'],
    ],
    [
      "none of two forms",
      "name: hall\npower: 4",
      ['2:8 power: expected "mains" or a mapping, found the number 4.'],
    ],
    [
      "one of two forms, badly",
      "name: hall\npower: { batery: 4 }",
      ['2:10 Unknown key "batery" in power. Did you mean "battery"?'],
    ],
    [
      "a key of the wrong form",
      "name: hall\nlabels: { A1: true }",
      ['2:11 The key "A1" in labels must be a word of small letters.'],
    ],
    [
      "everything at once, in the order of the file",
      "name: 1\nwatts: x\nfoo: 2",
      [
        "1:7 name: expected a text, found the number 1. Put it into quotes.",
        '2:8 watts: expected a number, found the text "x".',
        '3:1 Unknown key "foo" at the top of the file. Known here: name, watts, colour, places, power, labels.',
      ],
    ],
    ["a key twice", "name: a\nname: b", ['2:1 The key "name" stands twice in the same mapping.']],
    ["a tab", "name: a\nplaces:\n\t- 1", ["3:1 A tab indents this line. YAML is indented with spaces only."]],
    [
      "a second document",
      "name: a\n---\nname: b",
      ["2:1 The file holds more than one document. Remove the second one and its ---."],
    ],
    [
      "an alias without anchor",
      "name: *x",
      ["1:7 The alias *x names an anchor that does not come before it."],
    ],
    [
      "a tag",
      "name: !!js/function x",
      [
        "1:7 A tag (an exclamation mark and a word) means nothing here. Remove it, or put the value into quotes.",
      ],
    ],
    [
      "a second colon",
      "name: a: b",
      ["1:7 A second colon stands in this line. Put a value that holds a colon into quotes."],
    ],
    ["ten thousand brackets", "[".repeat(10_000), ["1:1 lamp.yaml is nested too deeply."]],
    ["a megabyte", `name: ${"a".repeat(1_048_576)}`, ["1:1 lamp.yaml is larger than 1048576 characters."]],
  ];
  for (const [what, text, expected] of wrong) {
    it(`is refused for ${what}`, () => assert.deepEqual(faults(text), expected));
  }

  it("is refused when few aliases would unfold into a billion values", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    assert.deepEqual(faults(["l0: &l0 [x]", ...levels].join("\n"), z.unknown()), [
      "1:1 lamp.yaml has aliases that unfold into too many values.",
    ]);
  });

  it("takes no key of JavaScript's own for one of its schema's", () => {
    assert.deepEqual(faults("name: a\nconstructor: 1\n__proto__: { watts: 3 }").length, 2);
  });

  it("says first what comes first, and how much more there is", () => {
    assert.throws(() => parseYaml("foo: 1\nbar: 2", { file: "lamp.yaml", schema: lamp }), {
      message: '"name" is missing at the top of the file; expected a text. (And 2 more errors in lamp.yaml.)',
      position: { file: "lamp.yaml", line: 1, column: 1 },
    });
  });
});

describe("editing a YAML file", () => {
  const text = "# a lamp\nname: hall   # where\nwatts: 4\nplaces: [ { room: 'hall' } ]\n";

  it("replaces a value and leaves every other byte", () => {
    assert.equal(setYamlValue(text, ["watts"], 7.5, "l"), text.replace("4", "7.5"));
    assert.equal(setYamlValue(text, ["places", 0, "room"], "it's", "l"), text.replace("'hall'", "'it''s'"));
    assert.equal(setYamlValue(text, ["name"], "attic", "l"), text.replace("hall ", "attic "));
  });

  it("puts a text into quotes where YAML would read something else", () => {
    for (const value of ["7", "true", "a: b", "a #b", "", "- x", "null", "~", "[x"]) {
      const edited = setYamlValue(text, ["name"], value, "l");
      assert.equal(parseYaml(edited, { file: "l", schema: lamp }).value.name, value);
    }
  });

  it("adds and removes keys with the comments kept", () => {
    const added = setYamlValue(text, ["colour"], "amber", "l");
    assert.equal(parseYaml(added, { file: "l", schema: lamp }).value.colour, "amber");
    assert.match(added, /^# a lamp\n[^]*# where/);
    assert.equal(removeYamlValue(text, ["watts"], "l").includes("watts"), false);
  });

  it("refuses a place that cannot hold a value", () => {
    assert.throws(() => setYamlValue(text, ["name", "first"], 1, "l"), { code: "yaml_not_editable" });
  });
});

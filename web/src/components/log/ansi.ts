/** A piece of a line and how the program wanted it to look. */
export interface Piece {
  text: string;
  /** Class names; empty for plain text. */
  look: string;
}

/**
 * The pieces of a line by its SGR sequences (ECMA-48): colours become the nearest of our own, which are
 * readable in both themes; every other control sequence is left out.
 */
export function parseAnsi(line: string): Piece[] {
  if (!line.includes("\u001b")) return line === "" ? [] : [{ text: untab(line), look: "" }];
  const pieces: Piece[] = [];
  let style: Style = {};
  let at = 0;
  let column = 0;
  const add = (text: string) => {
    if (text === "") return;
    const shown = untab(text, column);
    column += shown.length;
    pieces.push({ text: shown, look: lookOf(style) });
  };
  for (const found of line.matchAll(sequence)) {
    add(line.slice(at, found.index));
    if (found[1] !== undefined) style = apply(style, found[1]);
    at = found.index + found[0].length;
  }
  add(line.slice(at));
  return pieces;
}

/** The text alone, as it is searched and measured. */
export function plainText(line: string): string {
  return untab(line.includes("\u001b") ? line.replaceAll(sequence, "") : line);
}

interface Style {
  ink?: string | undefined;
  bold?: boolean;
  faint?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
}

// CSI with SGR parameters in the group, any other CSI, OSC up to its end, and escapes of two characters.
const sequence =
  // oxlint-disable-next-line no-control-regex
  /\u001b(?:\[([\d;:]*)m|\[[\d;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

const inks = [
  "text-faint",
  "text-bad",
  "text-good",
  "text-warn",
  "text-busy",
  "text-series-4",
  "text-series-3",
  "text-ink",
];

function apply(before: Style, parameters: string): Style {
  let style = { ...before };
  const codes = parameters === "" ? [0] : parameters.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) style = {};
    else if (code === 1) style.bold = true;
    else if (code === 2) style.faint = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) style = { ...style, bold: false, faint: false };
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 39) style.ink = undefined;
    else if (code >= 30 && code <= 37) style.ink = inks[code - 30];
    else if (code >= 90 && code <= 97) style.ink = inks[code - 90];
    else if (code === 38 || code === 48) {
      // Of the 256 colours the first sixteen are the named ones; the others, and RGB, stay as they are.
      const named = codes[at + 1] === 5 ? (codes[at + 2] ?? 16) : 16;
      if (code === 38) style.ink = named < 16 ? inks[named % 8] : style.ink;
      at += codes[at + 1] === 5 ? 2 : 4;
    }
  }
  return style;
}

function lookOf(style: Style): string {
  const looks = [
    style.inverse ? "bg-idle-wash text-ink" : (style.ink ?? (style.faint ? "text-faint" : "")),
    style.bold ? "font-bold" : "",
    style.italic ? "italic" : "",
    style.underline ? "underline" : "",
  ];
  return looks.filter((look) => look !== "").join(" ");
}

function untab(text: string, column = 0): string {
  if (!text.includes("\t")) return text;
  let shown = "";
  for (const part of text.split(/(\t)/)) {
    shown += part === "\t" ? " ".repeat(8 - ((column + shown.length) % 8)) : part;
  }
  return shown;
}

/** What stands in the first element of this name; undefined when there is none. Enough for S3's flat answers. */
export function textIn(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1];
  return text === undefined ? undefined : decode(text);
}

/** What stands in each element of this name, undecoded: with elements of its own in it. */
export function elementsIn(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner = ""]) => inner);
}

/** A text as it may stand in an element. */
export function encodeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|apos|#x[0-9a-fA-F]+|#\d+);/g, (whole, sign: string) => {
    const known = named[sign];
    if (known !== undefined) return known;
    const code = sign.startsWith("#x") ? Number.parseInt(sign.slice(2), 16) : Number(sign.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

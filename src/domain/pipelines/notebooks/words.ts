/**
 * The words of the first simple command of a line, as a shell splits them: quotes and backslashes are
 * heeded, variables set before the command are left out. What a shell would compute stays as it is written.
 */
export function firstCommand(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const sign = line.charAt(index);
    if (quote !== "") {
      if (sign === quote) quote = "";
      else if (sign === "\\" && quote === '"' && /["\\$`]/.test(line.charAt(index + 1))) {
        word = `${word ?? ""}${line.charAt((index += 1))}`;
      } else word = `${word ?? ""}${sign}`;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (sign === "\\") {
      word = `${word ?? ""}${line.charAt((index += 1))}`;
    } else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;&|<>()]/.test(sign)) {
      break;
    } else {
      word = `${word ?? ""}${sign}`;
    }
  }
  if (word !== undefined) words.push(word);
  const start = words.findIndex((one) => !/^\w+=/.test(one));
  return start < 0 ? [] : words.slice(start);
}

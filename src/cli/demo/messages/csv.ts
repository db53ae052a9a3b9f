import type { Message } from "./stream.ts";

const header = "message_id,created_at,airline,customer_id,customer_name,text,sentiment";

/** The project's `data/messages.csv`. */
export function messagesToCsv(messages: readonly Message[]): string {
  const lines = messages.map((one) =>
    [
      one.messageId,
      new Date(one.createdAtMs).toISOString(),
      one.airline,
      one.customerId,
      one.customerName,
      one.text,
      one.sentiment,
    ]
      .map(quote)
      .join(","),
  );
  return `${[header, ...lines].join("\n")}\n`;
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Rows of a CSV text (RFC 4180, any line ends), the first row included; a blank line is no row. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let isQuoted = false;
  const endRow = (): void => {
    row.push(value);
    value = "";
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = text.startsWith("\uFEFF") ? 1 : 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isQuoted) {
      if (character !== '"') value += character;
      else if (text.charAt(at + 1) === '"') {
        value += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && value === "") isQuoted = true;
    else if (character === ",") {
      row.push(value);
      value = "";
    } else if (character === "\n") endRow();
    else if (character !== "\r") value += character;
  }
  if (value !== "" || row.length > 0) endRow();
  return rows;
}

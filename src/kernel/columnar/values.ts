import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
} from "@duckdb/node-api";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";

export type PlainValue = string | number | boolean | null | PlainValue[] | { [name: string]: PlainValue };

/**
 * DuckDB's values as plain JSON:
 *
 * - integers of every width, and decimals, are numbers; beyond 2^53 an integer is its digits as text
 * - NaN and the infinities are null
 * - timestamps are milliseconds since 1970 UTC (without a zone they are taken as UTC)
 * - a date is `2027-03-31`, a time of day its text, an interval `{ months, days, micros }`
 * - lists and arrays are arrays, structs and maps are objects, a blob is base64
 * - UUID, ENUM, BIT and the rest are their text
 */
export function toPlainValue(value: DuckDBValue, _type?: DuckDBType): PlainValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return plainInteger(value);
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return fromMicros(value.micros);
  if (value instanceof DuckDBTimestampMillisecondsValue) return fromMicros(value.millis * 1000n);
  if (value instanceof DuckDBTimestampSecondsValue) return fromMicros(value.seconds * 1_000_000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return fromMicros(value.nanos / 1000n);
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBIntervalValue) {
    return { months: value.months, days: value.days, micros: plainInteger(value.micros) };
  }
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("base64");
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return value.items.map((item) => toPlainValue(item));
  }
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, member]) => [name, toPlainValue(member)]),
    );
  }
  if (value instanceof DuckDBMapValue) {
    return Object.fromEntries(
      value.entries.map(({ key, value: member }) => [String(key), toPlainValue(member)]),
    );
  }
  if (value instanceof DuckDBUnionValue) return toPlainValue(value.value);
  return String(value);
}

function plainInteger(value: bigint): number | string {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value.toString();
}

// DuckDB keeps the infinite timestamps at the ends of 64 bits; nothing sensible lies beyond 2^53 ms.
function fromMicros(micros: bigint): number | null {
  const ms = Number(micros) / 1000;
  return Math.abs(ms) < 8.64e15 ? Math.floor(ms) : null;
}

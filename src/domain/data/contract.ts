import { z } from "zod";

import { parseYaml } from "#kernel/yaml";

import { problems } from "./problems.ts";
import type { Query } from "./table.ts";
import { quoteName, quoteText } from "./table.ts";

const share = z
  .string()
  .regex(/^\d+(\.\d+)?\s*%$/, "a percentage such as `1%`")
  .transform((text) => Number.parseFloat(text) / 100);

const column = z.strictObject({
  type: z.enum(["text", "integer", "number", "boolean", "time"]).default("text"),
  /** No value may be missing. */
  required: z.boolean().default(false),
  unique: z.boolean().default(false),
  one_of: z.array(z.string()).min(1).optional(),
  /** A regular expression (RE2) that the whole value must match. */
  pattern: z.string().optional(),
  at_least: z.number().optional(),
  at_most: z.number().optional(),
  at_most_characters: z.int().positive().optional(),
  /** The largest share of missing values that is still fine. */
  missing_at_most: share.optional(),
});

const contractSchema = z.strictObject({
  description: z.string().optional(),
  rows: z.strictObject({ at_least: z.int().nonnegative() }).optional(),
  columns: z.record(z.string(), column),
  extra_columns: z.enum(["allowed", "refused"]).default("allowed"),
});

/** What a data set promises: its columns, what may stand in them, and how many rows there are. */
export type Contract = z.infer<typeof contractSchema>;
type ColumnRule = Contract["columns"][string];

/** One rule that the rows break: how many, which share, and a few of them to look at. */
export interface ContractBreach {
  readonly column: string;
  readonly rule: string;
  readonly count: number;
  /** Of all rows, 0 to 1. */
  readonly share: number;
  /** Row numbers count from 1 at the first row after the header. */
  readonly examples: readonly { readonly row: number; readonly value: string | null }[];
  readonly message: string;
}

/** Parses `contracts/*.yaml`; mistakes carry line and column. */
export function parseContract(text: string, file: string): Contract {
  return parseYaml(text, { file, schema: contractSchema, problem: problems.contract_invalid }).value;
}

interface Check {
  readonly column: string;
  readonly rule: string;
  /** SQL that is true for a row that breaks the rule. */
  readonly brokenWhen: string;
  /** The share of rows that may break it. */
  readonly allowedShare: number;
}

const shownExamples = 5;

/** Runs every rule of the contract over `table` (all columns as text) and returns those that are broken. */
export async function findBreaches(
  contract: Contract,
  table: { readonly sql: string; readonly columns: readonly string[]; readonly rows: number },
  query: Query,
): Promise<ContractBreach[]> {
  const breaches = structuralBreaches(contract, table);
  const present = new Set(table.columns);
  for (const [name, rule] of Object.entries(contract.columns)) {
    if (!present.has(name)) continue;
    for (const check of checksOf(name, rule)) {
      const breach = await runCheck(check, table, query);
      if (breach !== undefined) breaches.push(breach);
    }
  }
  return breaches;
}

function structuralBreaches(
  contract: Contract,
  table: { readonly columns: readonly string[]; readonly rows: number },
): ContractBreach[] {
  const breaches: ContractBreach[] = [];
  const breach = (column: string, rule: string, count: number, message: string): void => {
    breaches.push({ column, rule, count, share: 1, examples: [], message });
  };
  for (const name of Object.keys(contract.columns)) {
    if (!table.columns.includes(name)) {
      breach(
        name,
        "present",
        table.rows,
        `Column ${name} is missing; the file has ${table.columns.join(", ")}.`,
      );
    }
  }
  if (contract.extra_columns === "refused") {
    for (const name of table.columns.filter((one) => !(one in contract.columns))) {
      breach(
        name,
        "known",
        table.rows,
        `Column ${name} is not in the contract, which refuses extra columns.`,
      );
    }
  }
  const atLeast = contract.rows?.at_least;
  if (atLeast !== undefined && table.rows < atLeast) {
    breach(
      "(rows)",
      "at_least",
      table.rows,
      `There are ${table.rows} rows; the contract asks for at least ${atLeast}.`,
    );
  }
  return breaches;
}

function checksOf(name: string, rule: ColumnRule): Check[] {
  const value = quoteName(name);
  const checks: Check[] = [];
  const add = (label: string, brokenWhen: string, allowedShare = 0): void => {
    checks.push({ column: name, rule: label, brokenWhen, allowedShare });
  };
  if (rule.required) add("required", `${value} is null`);
  if (rule.missing_at_most !== undefined) {
    add(`missing_at_most ${rule.missing_at_most * 100}%`, `${value} is null`, rule.missing_at_most);
  }
  const castTo = castTypes[rule.type];
  if (castTo !== undefined)
    add(`type ${rule.type}`, `${value} is not null and try_cast(${value} as ${castTo}) is null`);
  if (rule.unique) {
    add("unique", `${value} is not null and count(*) over (partition by ${value}) > 1`);
  }
  if (rule.one_of !== undefined) {
    add(`one_of ${rule.one_of.join(", ")}`, `${value} not in (${rule.one_of.map(quoteText).join(", ")})`);
  }
  if (rule.pattern !== undefined) {
    add(`pattern ${rule.pattern}`, `not regexp_full_match(${value}, ${quoteText(rule.pattern)})`);
  }
  if (rule.at_least !== undefined)
    add(`at_least ${rule.at_least}`, `try_cast(${value} as double) < ${rule.at_least}`);
  if (rule.at_most !== undefined)
    add(`at_most ${rule.at_most}`, `try_cast(${value} as double) > ${rule.at_most}`);
  if (rule.at_most_characters !== undefined) {
    add(`at_most_characters ${rule.at_most_characters}`, `length(${value}) > ${rule.at_most_characters}`);
  }
  return checks;
}

const castTypes: Record<ColumnRule["type"], string | undefined> = {
  text: undefined,
  integer: "bigint",
  number: "double",
  boolean: "boolean",
  time: "timestamptz",
};

const exampleRow = z.object({ row_number: z.number(), value: z.string().nullable(), broken: z.number() });

async function runCheck(
  check: Check,
  table: { readonly sql: string; readonly rows: number },
  query: Query,
): Promise<ContractBreach | undefined> {
  const rows = await query(
    `with numbered as (select *, row_number() over () as row_number from ${table.sql}),
     flagged as (
       select row_number, ${quoteName(check.column)} as value, (${check.brokenWhen}) as is_broken from numbered
     ),
     broken as (select row_number, value from flagged where is_broken)
     select row_number, value, (select count(*) from broken) as broken
     from broken order by row_number limit ${shownExamples}`,
    exampleRow,
  );
  const count = rows[0]?.broken ?? 0;
  if (count === 0 || count / table.rows <= check.allowedShare) return undefined;
  const examples = rows.map((row) => ({ row: row.row_number, value: row.value }));
  const shown = examples.map(
    (one) => `row ${one.row}: ${one.value === null ? "missing" : JSON.stringify(one.value)}`,
  );
  return {
    column: check.column,
    rule: check.rule,
    count,
    share: count / table.rows,
    examples,
    message: `Column ${check.column} breaks "${check.rule}" in ${count} of ${table.rows} rows (${shown.join("; ")}).`,
  };
}

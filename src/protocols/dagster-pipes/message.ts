import { z } from "zod";

/*
 * Messages of Pipes 0.1, as `dagster_pipes/__init__.py` of the package on PyPI writes them: one JSON
 * object a line.
 */

const metadata = z
  .record(z.string(), z.looseObject({ raw_value: z.unknown(), type: z.string().default("__infer__") }))
  .nullish();

interface PipesException {
  readonly message: string;
  readonly stack: readonly string[];
  readonly name?: string | null | undefined;
  readonly cause?: PipesException | null | undefined;
}

const exception: z.ZodType<PipesException> = z.looseObject({
  message: z.string(),
  stack: z.array(z.string()).default([]),
  name: z.string().nullish(),
  get cause() {
    return exception.nullish();
  },
});

const contents = {
  opened: z.looseObject({}),
  closed: z.looseObject({ exception: exception.nullish() }),
  log: z.looseObject({ message: z.string(), level: z.string().default("INFO") }),
  report_asset_materialization: z.looseObject({
    asset_key: z.string(),
    metadata,
    data_version: z.string().nullish(),
  }),
  report_asset_check: z.looseObject({
    asset_key: z.string(),
    check_name: z.string(),
    passed: z.boolean(),
    severity: z.enum(["WARN", "ERROR"]).default("ERROR"),
    metadata,
  }),
  report_custom_message: z.looseObject({ payload: z.unknown() }),
  log_external_stream: z.looseObject({ stream: z.string(), text: z.string() }),
};

export type Method = keyof typeof contents;
export type Exception = z.output<typeof exception>;
export type Metadata = z.output<typeof metadata>;

/** A message with the method that says what its content is. */
export type Message = {
  [Name in Method]: { readonly method: Name; readonly content: z.output<(typeof contents)[Name]> };
}[Method];

const envelope = z.looseObject({
  __dagster_pipes_version: z.string(),
  method: z.string(),
  params: z.unknown().optional(),
});

const message = z.discriminatedUnion("method", [
  z.object({ method: z.literal("opened"), content: contents.opened }),
  z.object({ method: z.literal("closed"), content: contents.closed }),
  z.object({ method: z.literal("log"), content: contents.log }),
  z.object({
    method: z.literal("report_asset_materialization"),
    content: contents.report_asset_materialization,
  }),
  z.object({ method: z.literal("report_asset_check"), content: contents.report_asset_check }),
  z.object({ method: z.literal("report_custom_message"), content: contents.report_custom_message }),
  z.object({ method: z.literal("log_external_stream"), content: contents.log_external_stream }),
]);

/** Reads one line; gives a text that says what is wrong with it when it is no message. */
export function readMessage(line: string): Message | string {
  const read = envelope.safeParse(parse(line));
  if (!read.success) return "is no message of Pipes";
  const { method, params } = read.data;
  const known = message.safeParse({ method, content: params ?? {} });
  return known.success ? known.data : `has the method ${method}, and a content that does not fit`;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

import { DuckDBInstance, listValue } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";

import { requestSchema, settingsSchema } from "./messages.ts";
import type {
  AnalystSettings,
  QueryFailure,
  QueryParameter,
  QueryRequest,
  QueryResponse,
} from "./messages.ts";
import { sqlText } from "./sql-text.ts";
import { toPlainValue } from "./values.ts";

// The program of the analyst's process: `analyst.ts` forks it, sends requests, and ends it by closing
// the channel. It holds no state: every request has a connection of its own to an empty database.

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? "{}"));
const instance = await openConfined(settings);
const running = new Map<number, DuckDBConnection>();

process.on("disconnect", () => process.exit(0));
// The terminal's Ctrl-C goes to the whole group; the parent decides when this process ends.
process.on("SIGINT", () => {});
process.on("message", (message: unknown) => {
  const request = requestSchema.parse(message);
  if ("cancel" in request) running.get(request.cancel)?.interrupt();
  else void answer(request).then((response) => process.send?.(response));
});

/** Extensions are never fetched, and nothing a query does can undo this. */
async function openConfined(wanted: AnalystSettings): Promise<DuckDBInstance> {
  const opened = await DuckDBInstance.create(":memory:", {
    memory_limit: `${wanted.memoryLimitMb}MiB`,
    threads: String(wanted.threads),
    temp_directory: wanted.temporaryFolder,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    custom_extension_repository: "none",
  });
  const connection = await opened.connect();
  await connection.run("set timezone = 'UTC'");
  await connection.run("set global timezone = 'UTC'");
  if (wanted.allowedFolders !== undefined) {
    const folders = [...wanted.allowedFolders, wanted.temporaryFolder].map((folder) => sqlText(folder));
    await connection.run(`set allowed_directories = [${folders.join(", ")}]`);
    await connection.run("set enable_external_access = false");
  }
  await connection.run("set lock_configuration = true");
  connection.closeSync();
  return opened;
}

async function answer(request: QueryRequest): Promise<QueryResponse> {
  const { id } = request;
  const connection = await instance.connect();
  running.set(id, connection);
  try {
    const reader = await connection.streamAndReadUntil(
      request.sql,
      request.maximumRows + 1,
      request.parameters.map(toBindable),
    );
    if (reader.currentRowCount > request.maximumRows) {
      return { id, failure: "too_large", message: `The query gives more than ${request.maximumRows} rows.` };
    }
    return { id, names: reader.deduplicatedColumnNames(), rows: reader.convertRows(toPlainValue) };
  } catch (error) {
    return { id, ...describeFailure(error) };
  } finally {
    running.delete(id);
    connection.closeSync();
  }
}

function toBindable(parameter: QueryParameter): DuckDBValue {
  if (typeof parameter === "number" && Number.isSafeInteger(parameter) && Math.abs(parameter) >= 2 ** 31) {
    return BigInt(parameter);
  }
  return typeof parameter === "object" && parameter !== null ? listValue([...parameter]) : parameter;
}

function describeFailure(error: unknown): QueryFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (/^INTERRUPT/i.test(message)) return { failure: "interrupted", message };
  if (/No space left on device|Disk quota exceeded|max_temp_directory_size/i.test(message))
    return { failure: "disk_full", message };
  if (/^Out of Memory/i.test(message)) return { failure: "out_of_memory", message };
  return { failure: "failed", message };
}

export { messagesToCsv } from "./csv.ts";
export { readMessages } from "./from-file.ts";
export type { FileOptions } from "./from-file.ts";
export { generateMessages, labelNoise } from "./generated.ts";
export type { GeneratedOptions } from "./generated.ts";
export { sentiments } from "./stream.ts";
export type { Message, MessageStream, Sentiment } from "./stream.ts";

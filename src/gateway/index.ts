/** The file to run as the gateway's process: `main.ts` of the whole gives it to serving. */
export const gatewayProgram = new URL("./main.ts", import.meta.url);
export { problems } from "./problems.ts";

/**
 * What the control plane and its gateway say to each other. Its own door, because the gateway is another
 * process and imports nothing else of serving.
 */
export { answerSchema, orderSchema, variantReportSchema } from "./messages.ts";
export type { Answer, Order, UnopenedModel, VariantReport } from "./messages.ts";
export { isStaging, routeSchema, routingTableSchema, variantSchema } from "./table.ts";
export type { RoutingTable, ServedRoute, Variant } from "./table.ts";
export { readGatewayFile, writeGatewayFile } from "./gateway-file.ts";
export type { GatewayFile } from "./gateway-file.ts";

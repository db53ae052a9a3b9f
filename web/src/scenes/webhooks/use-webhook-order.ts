import { useQueryClient } from "@tanstack/react-query";
import { useOrder } from "../../shell/use-order.ts";

/** An order about webhooks. Those of all projects have events that no project's stream tells, so it asks again. */
export function useWebhookOrder<Input, Output>(
  project: string,
  order: (input: Input) => Promise<Output>,
  done: string | ((output: Output) => string),
) {
  const queries = useQueryClient();
  return useOrder(async (input: Input) => {
    const output = await order(input);
    void queries.invalidateQueries({ queryKey: [project, "webhooks"] });
    return output;
  }, done);
}

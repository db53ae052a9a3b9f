import { useMutation } from "@tanstack/react-query";
import { toast } from "../components/toasts.ts";
import { toProblem } from "./answer.tsx";

/**
 * An order to the server: says when it is done, and says why when it is refused. The pages follow by
 * the event it causes, so nothing is guessed here.
 */
export function useOrder<Input, Output>(
  order: (input: Input) => Promise<Output>,
  done: string | ((output: Output) => string),
) {
  return useMutation({
    mutationFn: order,
    onSuccess: (output) => toast("good", typeof done === "string" ? done : done(output)),
    onError: (thrown) => {
      const problem = toProblem(thrown);
      toast("bad", problem.message, problem.next);
    },
  });
}

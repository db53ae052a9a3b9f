import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Field } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { signIn } from "../../data/session.ts";
import { toProblem } from "../../shell/answer.tsx";

/** A token becomes a cookie that scripts cannot read; the token itself is not kept. */
export function SignIn() {
  const [token, setToken] = useState("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const order = useMutation({
    mutationFn: signIn,
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: "/" });
    },
  });
  const problem = order.error ? toProblem(order.error) : undefined;
  return (
    <div className="mx-auto max-w-md pt-6 sm:pt-16">
      <PageHeader title="Sign in" lead="With a token from someone who manages access, or your own." />
      <Panel>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            order.mutate(token.trim());
          }}
        >
          <Field
            label="Token"
            type="password"
            name="token"
            autoComplete="current-password"
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
            hint="Made with: gyre token"
            problem={problem && [problem.message, problem.next].filter(Boolean).join(" ")}
          />
          <Button
            type="submit"
            look="primary"
            className="w-full"
            busy={order.isPending}
            disabled={token.trim() === ""}
          >
            Sign in
          </Button>
        </form>
      </Panel>
    </div>
  );
}

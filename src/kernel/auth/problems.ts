import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  not_signed_in: {
    kind: "unauthenticated",
    when: "A call that needs a principal came without credentials.",
    next: "Send a token as `Authorization: Bearer gyre_…` (GYRE_TOKEN, MLFLOW_TRACKING_TOKEN), or sign in.",
  },
  token_invalid: {
    kind: "unauthenticated",
    when: "The token sent is unknown, revoked or expired.",
    next: "Ask an owner for a new token, and put it into GYRE_TOKEN or MLFLOW_TRACKING_TOKEN.",
  },
  permission_denied: {
    kind: "forbidden",
    when: "The principal does not hold the permission the call needs.",
    next: "Ask an owner of the project for a role that holds it.",
  },
});

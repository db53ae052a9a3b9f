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
  password_wrong: {
    kind: "unauthenticated",
    when: "The name and the password sent do not belong together, or there is no such name.",
    next: "Check both (MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD), or ask an owner for a new password.",
  },
  permission_denied: {
    kind: "forbidden",
    when: "The principal does not hold the permission the call needs.",
    next: "Ask an owner of the project for a role that holds it.",
  },
});

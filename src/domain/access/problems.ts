import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  principal_not_found: {
    kind: "not_found",
    when: "No person or service has this id or name.",
    next: "See GET /api/v1/principals for those there are, or add one.",
  },
  principal_exists: {
    kind: "conflict",
    when: "A person or service of this name exists already.",
    next: "Use the existing one, or choose another name.",
  },
  token_not_found: {
    kind: "not_found",
    when: "No token has this id.",
    next: "See the tokens of the principal; a token's id begins with `tok_`.",
  },
  token_expiry_past: {
    kind: "invalid",
    when: "A token was asked for that would have expired already.",
    next: "Give a time in the future, or none for a token that does not expire.",
  },
  password_weak: {
    kind: "invalid",
    when: "A password is shorter than 12 characters, longer than 200, or the name itself.",
    next: "Choose a longer one; a few words that do not belong together are easy to remember.",
  },
  thing_grant_exists: {
    kind: "conflict",
    when: "Somebody is to be granted a level on an experiment or a model, and has one there already.",
    next: "Change the level there is.",
  },
  thing_grant_not_found: {
    kind: "not_found",
    when: "Somebody has no grant of their own on an experiment or a model.",
    next: "Grant one; without it, their roles decide.",
  },
  pass_out_of_bounds: {
    kind: "forbidden",
    when: "The token that a step of a pipeline was lent is used for more than steps may do: another project, or administration.",
    next: "Do it with a token of your own; a step tracks its runs, files, traces and lineage, and registers models.",
  },
  last_owner: {
    kind: "conflict",
    when: "The last owner everywhere would lose that role, and nobody could decide about access any more.",
    next: "Make somebody else an owner everywhere first.",
  },
  no_owner_token: {
    kind: "conflict",
    when: "Signing in is required, but no owner holds a token or has a password, so nobody could sign in.",
    next: "Start once with `--auth local` on loopback and issue a token to an owner: POST /api/v1/principals/<id>/tokens.",
  },
});

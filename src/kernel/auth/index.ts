export { permissions, isPermission } from "./permissions.ts";
export type { Permission, RoutePermission } from "./permissions.ts";
export { anonymous, systemPrincipal } from "./principal.ts";
export type { Authorise, Principal } from "./principal.ts";
export { createAuthenticator, isLoopback } from "./authenticate.ts";
export type { Authenticate, Authenticator, Credentials, KnownSecret } from "./authenticate.ts";
export { createSecret, digestOfSecret, secretOfCookie as sessionSecretOf, sessionCookie } from "./secrets.ts";
export type { NewSecret } from "./secrets.ts";
export { problems as authProblems } from "./problems.ts";

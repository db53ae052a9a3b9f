import { Problem } from "../errors.ts";
import type { AwsFiles } from "./aws-files.ts";
import { problems } from "./problems.ts";
import { askContainer, askInstance, askWithWebIdentity } from "./passing-credentials.ts";
import type { PassingCredentials } from "./passing-credentials.ts";
import type { Credentials } from "./signature.ts";

/** Gives the credentials of the moment. Throws `s3_credentials_missing`. */
export interface CredentialSource {
  current(): Promise<Credentials>;
  /** The server says that the last ones are over: the next call asks anew. */
  forget(): void;
}

export interface CredentialPlaces {
  readonly environment: NodeJS.ProcessEnv;
  /** Read anew each time: a tool may renew what stands in them. */
  readonly readFiles: () => AwsFiles;
  readonly region: string;
  /** Said on the spot: before all others. */
  readonly given: Credentials | undefined;
}

/**
 * Looks where AWS's own programs look, in their order: the environment, a web identity token (Kubernetes),
 * the user's files, the container, the machine in Amazon's cloud. Those of the last three kinds pass, and
 * are asked for anew five minutes before.
 */
export function findCredentials(places: CredentialPlaces): CredentialSource {
  const lasting = places.given ?? inEnvironment(places.environment);
  if (lasting !== undefined) return { current: async () => lasting, forget: () => {} };
  let known: Promise<PassingCredentials> | undefined;
  return {
    async current() {
      const asked = known;
      const before = await asked?.catch(() => undefined);
      // Of many that wait for the same answer one asks anew.
      if (known === asked && (before === undefined || isOver(before))) known = ask(places);
      return (await (known ?? ask(places))).credentials;
    },
    forget() {
      known = undefined;
    },
  };
}

async function ask(places: CredentialPlaces): Promise<PassingCredentials> {
  const { environment, region } = places;
  const ofIdentity = await askWithWebIdentity(environment, region);
  if (ofIdentity !== undefined) return ofIdentity;
  const files = places.readFiles();
  const inFiles = inSection(files.credentials) ?? inSection(files.config);
  if (inFiles !== undefined) return { credentials: inFiles, expiresAtMs: undefined };
  const found = (await askContainer(environment)) ?? (await askInstance(environment));
  if (found !== undefined) return found;
  throw missing(files);
}

// Earlier than the end, because a long upload signs its last request later than its first.
const renewBeforeMs = 5 * 60_000;

function isOver({ expiresAtMs }: PassingCredentials): boolean {
  // Compared with a time of the server's: the system's clock, not one that is moved by hand.
  return expiresAtMs !== undefined && expiresAtMs - renewBeforeMs <= Date.now();
}

function inEnvironment(environment: NodeJS.ProcessEnv): Credentials | undefined {
  return completed(
    environment["AWS_ACCESS_KEY_ID"],
    environment["AWS_SECRET_ACCESS_KEY"],
    environment["AWS_SESSION_TOKEN"],
  );
}

function inSection(section: ReadonlyMap<string, string>): Credentials | undefined {
  return completed(
    section.get("aws_access_key_id"),
    section.get("aws_secret_access_key"),
    section.get("aws_session_token"),
  );
}

function completed(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): Credentials | undefined {
  // An empty variable is the shell's way of unsetting one for a single command.
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
}

function missing({ profile, config, credentials }: AwsFiles): Problem {
  const unread = ["sso_session", "sso_start_url", "credential_process", "source_profile"].find(
    (key) => config.has(key) || credentials.has(key),
  );
  return new Problem(problems.s3_credentials_missing, {
    message:
      unread === undefined
        ? `There are no credentials for the bucket: none in the environment, none for the profile ${profile} in the AWS files, none of this machine.`
        : `The profile ${profile} gets its credentials by ${unread}, which is not read here.`,
    ...(unread === undefined
      ? {}
      : { next: `Put them into the environment: eval "$(aws configure export-credentials --format env)"` }),
  });
}

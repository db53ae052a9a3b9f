import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** What the installer's words mean, with the next step; the first that matches counts. */
const causes: readonly { pattern: RegExp; message: (match: RegExpExecArray) => string; next: string }[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    message: () => "the disk is full",
    next: "Free space on the disk of the cache folder (XDG_CACHE_HOME moves it), then run again.",
  },
  {
    pattern:
      /name resolution|Name or service not known|nodename nor servname|getaddrinfo|Network is unreachable|No route to host|Connection refused|Connection reset|ConnectTimeout|timed out|ProxyError|error sending request|dns error|Failed to establish a new connection|from versions: none/i,
    message: () => "the package index could not be reached, or has no such package",
    next: "Connect to the network and run again. Offline: download the wheels elsewhere, then set PIP_NO_INDEX=1 and PIP_FIND_LINKS to their folder.",
  },
  {
    pattern: /CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate/i,
    message: () => "the certificate of the package index was not accepted",
    next: "Set PIP_CERT (uv: SSL_CERT_FILE) to the file with your company's certificates, then run again.",
  },
  {
    pattern: /No matching distribution found for ([^\n]+)|([^\s]+) has no (?:wheels|version)[^\n]*/i,
    message: (match) =>
      `there is no version of ${(match[1] ?? match[2] ?? "a package").trim()} for this Python`,
    next: "Mend that line of the requirements file, or choose another Python under python: version: in gyre.yaml.",
  },
  {
    pattern: /ResolutionImpossible|conflicting dependencies|No solution found/i,
    message: () => "the requirements contradict each other",
    next: "Loosen one of the versions named in the last lines.",
  },
  {
    pattern:
      /command '?(gcc|cc|c\+\+|g\+\+|x86_64-linux-gnu-gcc)'? failed|Failed building wheel|Python\.h: No such file/i,
    message: () => "a package has no wheel for this Python and could not be compiled",
    next: "Choose a version with a wheel, or install a compiler, on Debian or Ubuntu with: sudo apt-get install build-essential python3-dev",
  },
  {
    pattern: /Invalid requirement|Expected package name|Couldn't parse requirement/i,
    message: () => "a line of the requirements cannot be read",
    next: "Mend the line named in the last lines of the installer.",
  },
];

const shownLines = 20;

/** The problem that tells why an installer failed, with the last lines it printed. */
export function explainFailure(lines: readonly string[], exitCode: number | null): Problem {
  const text = lines.join("\n");
  const lastLines = lines.filter((line) => line.trim() !== "").slice(-shownLines);
  for (const { pattern, message, next } of causes) {
    const match = pattern.exec(text);
    if (match === null) continue;
    return new Problem(problems.environment_failed, {
      message: `The Python environment could not be built: ${message(match)}.`,
      next,
      data: { exitCode, lastLines },
    });
  }
  return new Problem(problems.environment_failed, {
    message: `The Python environment could not be built: the installer ended with code ${exitCode ?? "none"}: ${lastLines.at(-1) ?? "it said nothing"}`,
    data: { exitCode, lastLines },
  });
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "@kubets/machinery";
import { type AlternativeNames, issueCertificate } from "../certificates/certificate.ts";
import type { KeyPair } from "../certificates/index.ts";
import type { Surroundings } from "../control-plane.ts";

type Needed = Pick<Surroundings, "clock" | "random">;

const hour = 60 * 60 * 1000;
const year = 365 * 24 * hour;

export interface ServingPairOptions {
  /** The files in the directory are `NAME.crt` and `NAME.key`. */
  readonly name: string;
  /** Where the pair lies, or is left for clients to find; without one, it is in memory alone. */
  readonly directory?: string;
  readonly host: string;
  readonly alternativeNames: AlternativeNames;
}

/** As upstream, a server without a certificate takes the one that lies in its directory, or makes one that it signs itself. */
export function servingPair({ name, directory, host, alternativeNames }: ServingPairOptions, { clock, random }: Needed): KeyPair {
  const stored = directory === undefined ? undefined : pairIn(directory, name);
  if (stored !== undefined) return stored;
  const now = clock.now();
  const made = issueCertificate(
    {
      subject: { commonName: `${host}@${Math.floor(now / 1000)}` },
      use: "server",
      alternativeNames,
      notBefore: (now - hour) as Instant,
      notAfter: (now + year) as Instant,
    },
    { random },
  );
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${name}.crt`), made.certificate);
    writeFileSync(join(directory, `${name}.key`), made.key, { mode: 0o600 });
  }
  return made;
}

function pairIn(directory: string, name: string): KeyPair | undefined {
  try {
    return { certificate: readFileSync(join(directory, `${name}.crt`), "utf8"), key: readFileSync(join(directory, `${name}.key`), "utf8") };
  } catch {
    return undefined;
  }
}

/** Without a CA for clients nobody can show a certificate: one whose key nobody has. Given none at all, TLS would trust the system's. */
export function nobodysAuthority({ clock, random }: Needed): string {
  const now = clock.now();
  const request = { subject: { commonName: "nobody" }, use: "authority", notBefore: now, notAfter: (now + year) as Instant } as const;
  return issueCertificate(request, { random }).certificate;
}

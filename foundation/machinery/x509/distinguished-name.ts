import { type DerValue, DerError, readObjectIdentifier, readText, within } from "./der-reader.ts";
import { tags } from "./der-tags.ts";
import { objectIdentifier, sequence, set, utf8String } from "./der-writer.ts";
import { objectIdentifiers } from "./object-identifiers.ts";

/** Who a certificate speaks of. Only what Kubernetes reads: the user, and for clients the groups. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export function distinguishedName({ commonName, organizations = [] }: CertificateSubject): Uint8Array {
  const attribute = (type: string, text: string): Uint8Array => set(sequence(objectIdentifier(type), utf8String(text)));
  return sequence(
    ...organizations.map((each) => attribute(objectIdentifiers.organization, each)),
    attribute(objectIdentifiers.commonName, commonName),
  );
}

/** The last common name (as Go reads it; `""` without one) and all organizations, in their order. */
export function readDistinguishedName(value: DerValue | undefined): Required<CertificateSubject> {
  let commonName = "";
  const organizations: string[] = [];
  for (const relative of within(value, tags.sequence)) {
    for (const attribute of within(relative, tags.set)) {
      const [type, text, ...more] = within(attribute, tags.sequence);
      if (text === undefined || more.length > 0) throw new DerError("x509: invalid RDNSequence");
      const id = readObjectIdentifier(type);
      if (id === objectIdentifiers.commonName) commonName = readText(text);
      else if (id === objectIdentifiers.organization) organizations.push(readText(text));
    }
  }
  return { commonName, organizations };
}

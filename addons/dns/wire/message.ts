/** A name in lower case without the dot at its end, such as `web.default.svc.cluster.local`; the root is `""`. */
export type DomainName = string;

export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, AXFR: 252, ANY: 255 } as const;

/** A resource record of a kind that this server makes or looks into. */
export type ResourceRecord = { readonly name: DomainName; readonly ttl: number } & RecordData;

export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "NS" | "CNAME" | "PTR"; readonly target: DomainName }
  | { readonly type: "SRV"; readonly priority: number; readonly weight: number; readonly port: number; readonly target: DomainName }
  | { readonly type: "TXT"; readonly text: string }
  | {
      readonly type: "SOA";
      readonly primary: DomainName;
      readonly mailbox: DomainName;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    };

export interface Question {
  readonly name: DomainName;
  /** A number of {@link recordTypes}, or any other. */
  readonly type: number;
  /** 1 is the Internet. */
  readonly class: number;
}

export const responseCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;
export type ResponseCode = (typeof responseCodes)[keyof typeof responseCodes];

/** The extension (EDNS) of a query. */
export interface Extension {
  readonly version: number;
  /** How long an answer over UDP may be. */
  readonly size: number;
  /** Whether signatures are wanted. */
  readonly wantsSignatures: boolean;
}

/** A query with a question that could be read. */
export interface Query {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly question: Question;
  /** The question as it was asked, in its own letters: some resolvers check that they get back the case that they sent. */
  readonly questionBytes: Uint8Array;
  readonly extension?: Extension;
}

/** What is answered to a query. */
export interface Answer {
  readonly code: ResponseCode;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

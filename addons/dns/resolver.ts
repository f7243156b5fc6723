import type { Clock, Logger, Metrics, Random } from "@kubets/machinery";
import { answer, notOurs } from "./answer.ts";
import { createAnswerCache } from "./answer-cache.ts";
import type { ClusterView } from "./cluster-view.ts";
import { type Answer, type Query, recordTypes, type ResourceRecord, type ResponseCode, responseCodes } from "./wire/message.ts";
import { type ForeignAnswer, headerLength, isRefusal, readAnswer, readQuery } from "./wire/read.ts";
import { datagramLimit, questionBytesOf, writeAnswer, writeQuery, writeRefusal, writeTruncated } from "./wire/write.ts";

export type DnsTransport = "udp" | "tcp";

/** Asks the machine's resolvers. Rejects when none of them answers. */
export type AskUpstream = (query: Uint8Array, transport: DnsTransport, signal: AbortSignal) => Promise<Uint8Array>;

export interface ResolverOptions {
  readonly view: ClusterView;
  readonly upstream: AskUpstream;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** So many questions may wait for other servers at once; further ones are told that the server failed. */
  readonly mostForwarded?: number;
}

/** Answers one packet; `undefined` for one that deserves no answer. */
export type Resolve = (packet: Uint8Array, transport: DnsTransport, signal: AbortSignal) => Promise<Uint8Array | undefined>;

const longestStream = 65_535;
const longestChain = 8;

/** What is answered to whom: names of the cluster by the cluster's state, all others by the machine's resolvers. */
export function createResolver(options: ResolverOptions): Resolve {
  const { view, random, metrics } = options;
  const requests = metrics.counter("coredns_dns_requests_total", "How many questions were asked.");
  const responses = metrics.counter("coredns_dns_responses_total", "How many questions were answered.");
  const forward = createForwarder(options);

  return async (packet, transport, signal) => {
    const query = readQuery(packet);
    if (isRefusal(query)) return query.drop ? undefined : writeRefusal(query);
    requests.add(1, { proto: transport });
    const limit = transport === "udp" ? datagramLimit(query) : longestStream;
    const say = (reply: Answer): Uint8Array => {
      responses.add(1, { rcode: nameOf(reply.code) });
      return writeAnswer(query, reply, limit);
    };
    if (query.extension !== undefined && query.extension.version !== 0) return say(failure(responseCodes.badVersion));
    if (query.question.class !== 1 && query.question.class !== 255) return say(failure(responseCodes.refused));
    const own = answer(query.question, view);
    if (own !== notOurs) return say(shuffled(await withTargets(own, query, { view, forward, signal }), random));
    const foreign = await forward(query, transport, signal);
    if (foreign === undefined) return say(failure(responseCodes.serverFailure));
    responses.add(1, { rcode: String(foreign.read.code) });
    return foreign.bytes.length <= limit ? foreign.bytes : writeTruncated(foreign.bytes, query);
  };
}

interface Forwarded {
  readonly bytes: Uint8Array;
  readonly read: ForeignAnswer;
}

type Forward = (query: Query, transport: DnsTransport, signal: AbortSignal) => Promise<Forwarded | undefined>;

/**
 * One question is asked only once at a time, however many clients have it. That also ends loops: a question of ours that others send
 * back to us waits for itself, and fails when its time is over, instead of going round ever faster.
 */
function createForwarder({ upstream, clock, random, logger, mostForwarded = 1_000 }: ResolverOptions): Forward {
  const cache = createAnswerCache({ clock });
  const underWay = new Map<string, Promise<Forwarded | undefined>>();

  const ask = async (key: string, query: Query, transport: DnsTransport, signal: AbortSignal): Promise<Forwarded | undefined> => {
    try {
      const [high = 0, low = 0] = random.bytes(2);
      const id = (high << 8) | low;
      const bytes = await upstream(writeQuery(query, id), transport, signal);
      const read = readAnswer(bytes, query.questionBytes);
      if (read === undefined || read.id !== id) throw new Error("The answer is none to the question");
      if (read.code === responseCodes.noError || read.code === responseCodes.nameError) cache.set(key, { bytes, ...read });
      return { bytes, read };
    } catch (error) {
      const { name, type } = query.question;
      if (!signal.aborted) logger.debug("Question not answered by the machine's resolvers", { name, type, error });
      return undefined;
    } finally {
      underWay.delete(key);
    }
  };

  return async (query, transport, signal) => {
    const { question, extension, checkingDisabled } = query;
    const key = [question.name, question.type, question.class, transport, checkingDisabled, extension?.wantsSignatures ?? "plain"].join(
      " ",
    );
    const kept = cache.get(key);
    if (kept !== undefined) return addressed(kept, query);
    let asked = underWay.get(key);
    if (asked === undefined) {
      if (underWay.size >= mostForwarded) return undefined;
      asked = ask(key, query, transport, signal);
      underWay.set(key, asked);
    }
    const foreign = await asked;
    return foreign === undefined ? undefined : addressed(foreign.bytes.slice(), query);
  };
}

/** Makes an answer one to this client: under its id, and with the question as it wrote it. */
function addressed(bytes: Uint8Array, { id, questionBytes }: Query): Forwarded | undefined {
  bytes[0] = id >> 8;
  bytes[1] = id & 0xff;
  bytes.set(questionBytes, headerLength);
  const read = readAnswer(bytes, questionBytes);
  return read === undefined ? undefined : { bytes, read };
}

interface ChaseOptions {
  readonly view: ClusterView;
  readonly forward: Forward;
  readonly signal: AbortSignal;
}

/** Follows a CNAME, as a client expects of a server that it asks for recursion: within the cluster's names, or by other servers. */
async function withTargets(own: Answer, query: Query, { view, forward, signal }: ChaseOptions): Promise<Answer> {
  const { type } = query.question;
  if (type === recordTypes.CNAME || type === recordTypes.ANY) return own;
  let answers = own.answers;
  for (let step = 0; step < longestChain; step++) {
    const last = answers.at(-1);
    if (last?.type !== "CNAME") break;
    const next = answer({ name: last.target, type, class: 1 }, view);
    if (next === notOurs) {
      const foreign = await forward(aboutName(query, last.target), "udp", signal);
      return { ...own, answers: [...answers, ...(foreign?.read.answers ?? [])] };
    }
    if (next.answers.length === 0) break;
    answers = [...answers, ...next.answers];
  }
  return { ...own, answers };
}

function aboutName(query: Query, name: string): Query {
  const { type } = query.question;
  return { ...query, question: { name, type, class: 1 }, questionBytes: questionBytesOf(name, type) };
}

/** Clients take the first address: the order spreads them. A CNAME stays before what it leads to. */
function shuffled(reply: Answer, random: Random): Answer {
  const aliases = reply.answers.filter(({ type }) => type === "CNAME");
  const others = reply.answers.filter(({ type }) => type !== "CNAME");
  return { ...reply, answers: [...aliases, ...shuffle(others, random)] };
}

function shuffle(records: readonly ResourceRecord[], random: Random): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const order = records.map((record) => ({ record, at: random.fraction() }));
  return order.sort((a, b) => a.at - b.at).map(({ record }) => record);
}

function failure(code: ResponseCode): Answer {
  return { code, authoritative: false, answers: [], authority: [], additional: [] };
}

function nameOf(code: ResponseCode): string {
  switch (code) {
    case responseCodes.noError:
      return "NOERROR";
    case responseCodes.formatError:
      return "FORMERR";
    case responseCodes.serverFailure:
      return "SERVFAIL";
    case responseCodes.nameError:
      return "NXDOMAIN";
    case responseCodes.notImplemented:
      return "NOTIMP";
    case responseCodes.refused:
      return "REFUSED";
    case responseCodes.badVersion:
      return "BADVERS";
  }
}

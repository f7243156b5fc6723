import type { Instant, KubernetesObject } from "@kubets/machinery";

/** Something that happened to an object. */
export interface ToldEvent {
  readonly about: KubernetesObject;
  readonly type: "Normal" | "Warning";
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
  /** Who tells it, such as `deployment-controller`. */
  readonly component: string;
  /** Which part of the object, such as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** An event as it is to be written. */
export interface CorrelatedEvent extends ToldEvent {
  /** The Event's name: the same for what is counted up. */
  readonly name: string;
  /** How often it was told; above 1 the Event is there already. */
  readonly count: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
}

/** The Event that `told` becomes; `undefined` when there were too many about its object of late. */
export type EventCorrelator = (told: ToldEvent, now: Instant) => CorrelatedEvent | undefined;

// Upstream's numbers. An object may be told of 25 times at once, then every five minutes; more than ten events that differ in
// their message only, each within ten minutes of the last, are told as one; and what is counted is forgotten beyond 4096.
const burst = 25;
const refillMilliseconds = 300_000;
const mostAlike = 10;
const alikeWithin = 600_000;
const remembered = 4096;

export function createEventCorrelator({ nameFor }: { readonly nameFor: (about: KubernetesObject) => string }): EventCorrelator {
  const allowances = createRecentMap<{ readonly tokens: number; readonly at: Instant }>();
  const alike = createRecentMap<{ readonly messages: ReadonlySet<string>; readonly at: Instant }>();
  const counted = createRecentMap<{ readonly name: string; readonly count: number; readonly firstSeen: Instant }>();

  const isTooMuch = (source: string, now: Instant): boolean => {
    const { tokens, at } = allowances.get(source) ?? { tokens: burst, at: now };
    const available = Math.min(burst, tokens + (now - at) / refillMilliseconds);
    allowances.set(source, { tokens: available < 1 ? available : available - 1, at: now });
    return available < 1;
  };

  return (told, now) => {
    const { about, type, reason, component, fieldPath = "" } = told;
    const { namespace = "", name, uid } = about.metadata;
    const object = [component, about.apiVersion, about.kind, namespace, name, uid].join("|");
    const kindOfEvent = [object, fieldPath, type, reason].join("|");

    const group = alike.get(kindOfEvent);
    const recent = group === undefined || now - group.at > alikeWithin ? new Set<string>() : group.messages;
    const messages = recent.has(told.message) || recent.size > mostAlike ? recent : new Set([...recent, told.message]);
    alike.set(kindOfEvent, { messages, at: now });
    const combined = messages.size > mostAlike;
    const message = combined ? `(combined from similar events): ${told.message}` : told.message;

    const identity = combined ? kindOfEvent : `${kindOfEvent}|${told.message}`;
    const before = counted.get(identity);
    const { firstSeen, count, name: eventName } = before ?? { firstSeen: now, count: 0, name: nameFor(about) };
    counted.set(identity, { name: eventName, count: count + 1, firstSeen });
    if (isTooMuch(object, now)) return undefined;
    return { ...told, message, name: eventName, count: count + 1, firstSeen, lastSeen: now };
  };
}

/** A map that forgets what was not asked for in the longest time. */
function createRecentMap<Value>(): { get(key: string): Value | undefined; set(key: string, value: Value): void } {
  const entries = new Map<string, Value>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      // A Map keeps the order of insertion: the first is the one set longest ago.
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > remembered) entries.delete(entries.keys().next().value!);
    },
  };
}

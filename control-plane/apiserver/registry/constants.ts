import {
  apiVersionOf,
  deepFreeze,
  filled,
  formatTime,
  holesOf,
  type Instant,
  type KubernetesObject,
  type ObjectMeta,
  type Random,
  type UserInfo,
  uuid,
} from "@kubets/machinery";
import { completeWhenStored } from "../watch-cache/cached-object.ts";
import { completerOf, newObject } from "./bracket.ts";
import { inNamespace, proposedMeta } from "./metadata.ts";
import type { Resource } from "./resource.ts";

/**
 * What an object that every cluster begins with comes to, once it has been through the write bracket: all of it but what chance and time put
 * in. A process that starts a hundred clusters validates and encodes their default roles once.
 */
export interface Constant {
  /** For the store, with this uid and this moment. */
  bytes(uid: string, now: Instant): Uint8Array;
}

const constants = new WeakMap<object, Constant>();

/** What {@link makeConstant} made of `object`, in whichever cluster of the process. */
export function knownConstant(object: object): Constant | undefined {
  return constants.get(object);
}

/**
 * Makes the constant of `object`, which must be the same at every call: what the bracket would make of it when the server itself creates it.
 *
 * Nobody is asked whether it is valid and allowed: that is the same in every process, and a test asks for all of them.
 */
export async function makeConstant(object: KubernetesObject, { resource, user, manager }: ConstantOptions): Promise<Constant> {
  let drawn = 0;
  const random: Random = {
    bytes: (length) => {
      drawn++;
      return new Uint8Array(length);
    },
    fraction: () => {
      drawn++;
      return 0;
    },
  };
  const { kind } = resource;
  const complete = completerOf(resource);
  const { namespace = "", name = "" } = proposedMeta(object);
  const now = standInMoment;
  const given = complete(inNamespace(kind, { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) }, namespace));
  const managedFields = resource.fieldManager("").update(undefined, given, { manager, now });
  const made = newObject(resource, given, { name, random, now, managedFields, user });
  if (drawn !== 1) throw new Error(`Cannot keep ${kind.resource}/${name} as a constant: chance decides more of it than its uid`);
  const constant = createConstant(withoutRevision(made), await resource.encode(made));
  constants.set(object, constant);
  return constant;
}

export interface ConstantOptions {
  readonly resource: Resource;
  /** As whom the server writes. */
  readonly user: UserInfo;
  readonly manager: string;
}

/** What the store says of it once it is written. */
function withoutRevision(object: KubernetesObject): KubernetesObject {
  const { resourceVersion: _resourceVersion, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as ObjectMeta };
}

const standInMoment = 0 as Instant;
const standInTime = formatTime(standInMoment);
const standInUid = uuid({ bytes: (length) => new Uint8Array(length), fraction: () => 0 });

const encoder = new TextEncoder();

function createConstant(object: KubernetesObject, stored: Uint8Array): Constant {
  const text = new TextDecoder().decode(stored);
  const uidsAt = placesOf(text, standInUid);
  const timesAt = placesOf(text, standInTime);
  const standIns = new Map([
    [standInUid, 0],
    [standInTime, 1],
  ]);
  const holes = holesOf(deepFreeze(object), (leaf) => standIns.get(leaf));
  return {
    bytes(uid, now) {
      const time = formatTime(now);
      const bytes = stored.slice();
      const [uidBytes, timeBytes] = [encoder.encode(uid), encoder.encode(time)];
      for (const at of uidsAt) bytes.set(uidBytes, at);
      for (const at of timesAt) bytes.set(timeBytes, at);
      completeWhenStored(bytes, filled(object, holes, [uid, time]));
      return bytes;
    },
  };
}

/** Where in the bytes of `text` a stand-in begins. */
function placesOf(text: string, standIn: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(`"${standIn}"`); at >= 0; at = text.indexOf(`"${standIn}"`, at + 1))
    places.push(encoder.encode(text.slice(0, at + 1)).length);
  return places;
}

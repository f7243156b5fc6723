import {
  type CertificateSigningRequest,
  CertificateSigningRequestKind,
  type Namespace,
  type Pod,
  PodKind,
  validateEphemeralContainersUpdate,
  validateNamespaceFinalizers,
  validatePodResize,
  withConditionTimes,
  withEphemeralContainersOf,
  withResourcesOf,
} from "@kubets/api";
import { type FieldError, groupResourceOf, type Kind, type KubernetesObject, type StrategyContext } from "@kubets/machinery";
import { withoutStatus, withStatusOnly } from "./transitions.ts";

/** Which part of an object a subresource (or the main resource) writes, and what must hold for the change. */
export interface Part {
  /** `previous` with the part taken from what is wanted. */
  take(wanted: KubernetesObject, previous: KubernetesObject, context: StrategyContext): KubernetesObject;
  /** Besides what holds for the metadata and the schema. */
  validate(object: KubernetesObject, previous: KubernetesObject): readonly FieldError[];
  /** Whether the change is one of the whole, which warns, and claims what the object now needs. */
  readonly isWhole: boolean;
}

/** The part that a subresource of the kind writes; `undefined` when there is no such subresource. */
export function partOf(kind: Kind, subresource: string): Part | undefined {
  switch (subresource) {
    case "":
      return whole(kind);
    case "status":
      return kind.subresources.status === true ? status(kind) : undefined;
    case "scale":
      return kind.subresources.scale === undefined ? undefined : whole(kind);
    default:
      return kind.subresources.others?.includes(subresource) === true ? others.get(`${groupResourceOf(kind)}/${subresource}`) : undefined;
  }
}

function whole({ strategy, subresources }: Kind): Part {
  return {
    isWhole: true,
    take(wanted, previous, context) {
      const object = subresources.status === true ? withoutStatus(wanted, previous) : wanted;
      return strategy.prepareForUpdate?.(object, previous, context) ?? object;
    },
    validate: (object, previous) => [...(strategy.validate?.(object) ?? []), ...(strategy.validateUpdate?.(object, previous) ?? [])],
  };
}

function status({ strategy }: Kind): Part {
  return {
    isWhole: false,
    take(wanted, previous, context) {
      const object = withStatusOnly(wanted, previous);
      return strategy.prepareForStatusUpdate?.(object, previous, context) ?? object;
    },
    validate: (object, previous) => strategy.validateStatusUpdate?.(object, previous) ?? [],
  };
}

interface PartOf<T extends KubernetesObject> {
  readonly take: (wanted: T, previous: T, context: StrategyContext) => T;
  readonly validate: (object: T, previous: T) => readonly FieldError[];
}

// Whoever asks for the part of a kind hands it objects of that kind.
function part<T extends KubernetesObject>({ take, validate }: PartOf<T>): Part {
  return {
    isWhole: false,
    take: (wanted, previous, context) => take(wanted as T, previous as T, context),
    validate: (object, previous) => validate(object as T, previous as T),
  };
}

/** What holds for a Pod at any time holds for one of which a part is written, too. */
function asPodAnd(validate: PartOf<Pod>["validate"]): PartOf<Pod>["validate"] {
  return (pod, previous) => [...(PodKind.strategy.validate?.(pod) ?? []), ...validate(pod, previous)];
}

const others: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["pods/ephemeralcontainers", part<Pod>({ take: withEphemeralContainersOf, validate: asPodAnd(validateEphemeralContainersUpdate) })],
  ["pods/resize", part<Pod>({ take: withResourcesOf, validate: asPodAnd(validatePodResize) })],
  // The scheduler decided, and upstream asks no more of the Pod than that it could be placed.
  ["pods/binding", part<Pod>({ take: (wanted) => wanted, validate: () => [] })],
  [
    "namespaces/finalize",
    part<Namespace>({
      take: ({ metadata, spec }, previous) => ({ ...previous, metadata, spec }),
      validate: validateNamespaceFinalizers,
    }),
  ],
  [
    "certificatesigningrequests.certificates.k8s.io/approval",
    part<CertificateSigningRequest>({
      take({ metadata, status: { conditions } }, previous, { now }) {
        const status = { ...previous.status, ...(conditions === undefined ? {} : { conditions }) };
        return withConditionTimes({ ...previous, metadata, status }, previous, now);
      },
      validate: (request, previous) => CertificateSigningRequestKind.strategy.validateStatusUpdate?.(request, previous) ?? [],
    }),
  ],
]);

/** The subresources that are read and written like the object itself. */
export function isWrittenLikeObject(subresource: string): boolean {
  return ["status", "ephemeralcontainers", "resize", "finalize", "approval"].includes(subresource);
}

import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, objectAt } from "../json-object.ts";

/** Which rights a container for debugging gets, and what becomes of the Pod around it. */
export interface DebugProfile {
  /** The container's security context, made of the one that it has; `undefined` for none. */
  readonly security: (given: JsonObject | undefined) => JsonObject | undefined;
  /** That of a container on a node, where it is another one. */
  readonly securityOnNode?: DebugProfile["security"];
  readonly onNode: { readonly hostNamespaces: boolean; readonly hostRoot: boolean };
  /**
   * Whether a copy of a Pod is taken out of what the Pod is in: nobody may select, probe or prepare it as the other, and its containers see
   * one another's processes. Otherwise it only loses its labels.
   */
  readonly isolatesCopies: boolean;
}

/** What of a Pod its isolated copy keeps. */
export interface Kept {
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly initContainers: boolean;
  readonly livenessProbe: boolean;
  readonly readinessProbe: boolean;
  readonly startupProbe: boolean;
}

const asGiven: DebugProfile["security"] = (given) => given;
const none: DebugProfile["security"] = () => undefined;
const adding =
  (...capabilities: readonly string[]): DebugProfile["security"] =>
  (given = {}) => ({
    ...given,
    capabilities: { ...objectAt(given, "capabilities"), add: [...listAt(given, "capabilities", "add"), ...capabilities] },
  });

const profiles: Readonly<Record<string, DebugProfile>> = {
  legacy: { security: asGiven, onNode: { hostNamespaces: true, hostRoot: true }, isolatesCopies: false },
  general: {
    security: adding("SYS_PTRACE"),
    securityOnNode: none,
    onNode: { hostNamespaces: true, hostRoot: true },
    isolatesCopies: true,
  },
  baseline: { security: none, onNode: { hostNamespaces: false, hostRoot: false }, isolatesCopies: true },
  restricted: {
    security: () => ({
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      allowPrivilegeEscalation: false,
      seccompProfile: { type: "RuntimeDefault" },
    }),
    onNode: { hostNamespaces: false, hostRoot: false },
    isolatesCopies: true,
  },
  netadmin: { security: adding("NET_ADMIN", "NET_RAW"), onNode: { hostNamespaces: true, hostRoot: false }, isolatesCopies: true },
  sysadmin: {
    security: (given) => ({ ...given, privileged: true }),
    onNode: { hostNamespaces: true, hostRoot: true },
    isolatesCopies: true,
  },
};

export function profileNamed(name: string): DebugProfile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined) throw new CommandError(`unknown profile: ${name}`);
  return profile;
}

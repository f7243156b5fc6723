import type { AnyController } from "@kubets/client";

/** What upstream calls a controller where it isn't our name with `-controller`; then, what it called it before. */
const upstreamNames: Readonly<Record<string, readonly string[]>> = {
  "attach-detach": ["persistentvolume-attach-detach-controller", "attachdetach"],
  "bootstrap-signer": ["bootstrap-signer-controller", "bootstrapsigner"],
  "certificatesigningrequest-approving": ["certificatesigningrequest-approving-controller", "csrapproving"],
  "certificatesigningrequest-cleaner": ["certificatesigningrequest-cleaner-controller", "csrcleaner"],
  "certificatesigningrequest-signing": ["certificatesigningrequest-signing-controller", "csrsigning"],
  endpoints: ["endpoints-controller", "endpoint"],
  "endpointslice-mirroring": ["endpointslice-mirroring-controller", "endpointslicemirroring"],
  "generic-garbage-collector": ["garbage-collector-controller", "garbagecollector"],
  "horizontal-pod-autoscaler": ["horizontal-pod-autoscaler-controller", "horizontalpodautoscaling"],
  "legacy-serviceaccount-token-cleaner": ["legacy-serviceaccount-token-cleaner-controller", "legacy-service-account-token-cleaner"],
  "node-ipam": ["node-ipam-controller", "nodeipam"],
  "node-lifecycle": ["node-lifecycle-controller", "nodelifecycle"],
  "persistentvolume-protection": ["persistentvolume-protection-controller", "pv-protection"],
  "persistentvolumeclaim-protection": ["persistentvolumeclaim-protection-controller", "pvc-protection"],
  "pod-garbage-collector": ["pod-garbage-collector-controller", "podgc"],
  resourceclaim: ["resourceclaim-controller", "resource-claim-controller"],
  "service-cidr": ["service-cidr-controller", "servicecidrs"],
  "storage-version-migrator": ["storage-version-migrator-controller"],
  "root-ca-publisher": ["root-ca-certificate-publisher-controller", "root-ca-cert-publisher"],
  "token-cleaner": ["token-cleaner-controller", "tokencleaner"],
};

/** Those that `*` doesn't mean: clusters that nobody joins by a token do without. */
const offByDefault: ReadonlySet<string> = new Set(["bootstrap-signer", "token-cleaner"]);

/**
 * The controllers that a list names, as `--controllers` reads it: `*` is all that are on by default, `foo` the one of that name, `-foo` all
 * but that one. The first word about a controller counts. They go by our names, by upstream's and by those that it had before.
 *
 * Throws `RangeError` for a name that no controller has.
 */
export function selectControllers(all: readonly AnyController[], list: readonly string[]): readonly AnyController[] {
  const names = new Map(all.flatMap(({ name }) => namesOf(name).map((each) => [each, name] as const)));
  const words = list.map((word) => {
    const isOff = word.startsWith("-");
    const name = isOff ? word.slice(1) : word;
    if (name === "*") return { name, isOff };
    const known = names.get(name);
    if (known === undefined)
      throw new RangeError(`"${name}" is not in the list of known controllers: ${all.map((controller) => controller.name).join(", ")}`);
    return { name: known, isOff };
  });
  const hasStar = words.some(({ name, isOff }) => name === "*" && !isOff);
  return all.filter(({ name }) => {
    const word = words.find((each) => each.name === name);
    return word === undefined ? hasStar && !offByDefault.has(name) : !word.isOff;
  });
}

function namesOf(name: string): readonly string[] {
  return [name, `${name}-controller`, ...(upstreamNames[name] ?? [])];
}

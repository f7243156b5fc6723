import { formatTime, type Instant, type Strategy } from "@kubets/machinery";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from "./custom-resource-definition.ts";
import { validateDefinition, validateDefinitionStatusUpdate, validateDefinitionUpdate } from "./definition-rules.ts";
import { definitionWarnings } from "./definition-warnings.ts";
import { withCondition } from "./conditions.ts";

/** Keeps a definition that is being deleted until its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export const definitionStrategy: Strategy<CustomResourceDefinition> = {
  generation: true,
  unconditionalUpdate: false,
  prepareForCreate: (definition) => withStoredVersion(definition),
  prepareForUpdate: (definition) => withStoredVersion(definition),
  prepareForDelete,
  validateInSteps: (definition, previous) =>
    previous === undefined ? validateDefinition(definition) : validateDefinitionUpdate(definition, previous),
  validateStatusUpdate: validateDefinitionStatusUpdate,
  warnings: definitionWarnings,
};

/** Fills in the names that follow from others, and that nothing is converted where nothing is said. */
export function completeDefinition(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { spec, status } = definition;
  const storedVersions = status.storedVersions ?? storageVersions(spec);
  return {
    ...definition,
    spec: { ...spec, names: completeNames(spec.names), conversion: completeConversion(spec) },
    ...(status.storedVersions !== undefined || storedVersions.length === 0 ? {} : { status: { ...status, storedVersions } }),
  };
}

function completeNames(names: CustomResourceDefinitionNames): CustomResourceDefinitionNames {
  const { singular = "", kind, listKind = "" } = names;
  return {
    ...names,
    singular: singular === "" ? kind.toLowerCase() : singular,
    ...(listKind === "" && kind !== "" ? { listKind: `${kind}List` } : {}),
  };
}

function completeConversion({ conversion }: CustomResourceDefinitionSpec): CustomResourceDefinitionSpec["conversion"] & {} {
  if (conversion === undefined) return { strategy: "None" };
  const { webhook } = conversion;
  const service = webhook?.clientConfig?.service;
  if (webhook === undefined || service === undefined || service.port !== undefined) return conversion;
  return { ...conversion, webhook: { ...webhook, clientConfig: { ...webhook.clientConfig, service: { ...service, port: 443 } } } };
}

/** The version that objects are stored in from now on may be in the store. */
function withStoredVersion(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { spec, status } = definition;
  const { storedVersions = [] } = status;
  const added = storageVersions(spec).filter((version) => !storedVersions.includes(version));
  return added.length === 0 ? definition : { ...definition, status: { ...status, storedVersions: [...storedVersions, ...added] } };
}

function storageVersions({ versions }: CustomResourceDefinitionSpec): readonly string[] {
  return versions
    .filter(({ storage }) => storage)
    .slice(0, 1)
    .map(({ name }) => name);
}

/** A first deletion: the objects must go before. */
function prepareForDelete(definition: CustomResourceDefinition, now: Instant): CustomResourceDefinition {
  const { finalizers = [] } = definition.metadata;
  const metadata = {
    ...definition.metadata,
    finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
  };
  const condition = {
    type: "Terminating",
    status: "True",
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  };
  return { ...definition, metadata, status: withCondition(definition.status, condition, formatTime(now)) };
}

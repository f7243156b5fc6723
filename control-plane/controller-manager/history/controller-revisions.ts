import { type ControllerRevision, ControllerRevisionKind, type PodTemplateSpec } from "@kubets/api";
import { type Action, create, deletion, type DraftObject, update } from "@kubets/client";
import { type Kind, type KubernetesObject, type LabelSelector, sameJson, type StatusError } from "@kubets/machinery";
import { claim, controllerReference } from "../ownership/claim.ts";
import { contentHash } from "../ownership/content-hash.ts";
import { oldestFirst } from "../ownership/oldest-first.ts";

/** The label of Pods that says of which revision they are. */
export const podRevisionLabel = "controller-revision-hash";

/** What the history of templates of an owner needs to know of it. */
export interface Past {
  readonly owner: KubernetesObject & {
    readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplateSpec; readonly revisionHistoryLimit: number };
    readonly status: { readonly collisionCount?: number };
  };
  readonly ownerKind: Kind;
  /** The label of a ControllerRevision that carries the hash of its content. */
  readonly hashLabel: string;
  /** The ControllerRevisions that it owns, and the orphans of its namespace. */
  readonly candidates: readonly ControllerRevision[];
}

/** One template that an owner had: there, or about to be written. */
export interface Revision {
  readonly name: string;
  readonly hash: string;
  readonly template: PodTemplateSpec;
}

/** The templates that an owner had, the present one among them. */
export interface History {
  /** The revision of the present template. */
  readonly present: Revision;
  /** Every revision that is kept, the oldest first; the present one is the last. */
  readonly all: readonly Revision[];
  /** Adoption, and the present revision where it is new or has become the newest again. */
  readonly actions: readonly Action[];
  /** Deletes the oldest revisions beyond the owner's limit, but none whose name is in `live`. */
  readonly forget: (live: ReadonlySet<string>) => readonly Action[];
}

/**
 * Settles the history of an owner's templates. A template that was there before becomes the newest again under its old name, with
 * a higher number: that is what `kubectl rollout undo` leads to.
 */
export function historyOf(past: Past): History {
  const { owner, ownerKind, candidates, hashLabel } = past;
  const { owned, actions: ownership } = claim({
    owner,
    ownerKind,
    selector: owner.spec.selector,
    kind: ControllerRevisionKind as unknown as Kind,
    candidates,
  });
  const revisions = owned.toSorted((a, b) => a.revision - b.revision || oldestFirst(a, b));
  const newest = revisions.at(-1);
  const number = (newest?.revision ?? 0) + 1;
  const same = revisions.findLast(({ data }) => sameJson(templateIn(data), owner.spec.template));
  const others = revisions.filter((each) => each !== same).map((each) => revisionFrom(each, hashLabel));
  const forget = (live: ReadonlySet<string>): readonly Action[] => {
    const idle = revisions.filter((each) => each !== same && !live.has(each.metadata.name));
    return idle
      .slice(0, Math.max(0, idle.length - owner.spec.revisionHistoryLimit))
      .map((revision) => deletion(ControllerRevisionKind, revision));
  };
  if (same === undefined) {
    const { draft, revision } = newRevision(past, number);
    return { present: revision, all: [...others, revision], actions: [...ownership, create(ControllerRevisionKind, draft)], forget };
  }
  const present = revisionFrom(same, hashLabel);
  const renewal = same === newest ? [] : [update(ControllerRevisionKind, { ...same, revision: number })];
  return { present, all: [...others, present], actions: [...ownership, ...renewal], forget };
}

/** Whether the name of a new revision was taken by another content. */
export function isRevisionNameTaken(action: Action, { reason }: StatusError): boolean {
  return action.verb === "create" && action.kind.kind === "ControllerRevision" && reason === "AlreadyExists";
}

/** The status of an owner whose new revision's name was taken: the next hash will be another one. */
export function withCollision<Status extends { readonly collisionCount?: number }>(status: Status): Status {
  return { ...status, collisionCount: (status.collisionCount ?? 0) + 1 };
}

function newRevision(
  { owner, ownerKind, hashLabel }: Past,
  number: number,
): { readonly draft: DraftObject<ControllerRevision>; readonly revision: Revision } {
  const { metadata, spec, status } = owner;
  const hash = contentHash(spec.template, status.collisionCount ?? 0);
  const name = `${metadata.name}-${hash}`;
  const draft: DraftObject<ControllerRevision> = {
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...spec.template.metadata.labels, [hashLabel]: hash },
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [controllerReference(owner, ownerKind)],
    },
    // In the form of a strategic merge patch that replaces the template: what `kubectl rollout undo` sends as it is.
    data: { spec: { template: { ...spec.template, $patch: "replace" } } },
    revision: number,
  };
  return { draft, revision: { name, hash, template: spec.template } };
}

function revisionFrom({ metadata, data }: ControllerRevision, hashLabel: string): Revision {
  return { name: metadata.name, hash: metadata.labels?.[hashLabel] ?? metadata.name, template: templateIn(data) };
}

function templateIn(data: ControllerRevision["data"]): PodTemplateSpec {
  const { $patch: _, ...template } = ((data?.["spec"] as { readonly template?: object } | undefined)?.template ?? {}) as {
    readonly $patch?: string;
  };
  return template as PodTemplateSpec;
}

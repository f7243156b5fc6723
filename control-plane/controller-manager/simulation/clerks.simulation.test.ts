import { createHmac, X509Certificate } from "node:crypto";
import {
  bootstrapSecretName,
  type CertificateSigningRequest,
  CertificateSigningRequestKind,
  ClusterRoleBindingKind,
  type ConfigMap,
  ConfigMapKind,
  hasExpired,
  readBootstrapToken,
  type Secret,
  SecretKind,
  ServiceAccountKind,
} from "@kubets/api";
import { base64OfText, formatTime, type Instant, parseTime, textOfBase64, type UserInfo } from "@kubets/machinery";
import { createSigningKey } from "@kubets/machinery/node";
import { expect, test } from "vitest";
import { bootstrapSigner } from "../bootstrap-signer/index.ts";
import { anAuthority } from "../certificates/testing/an-authority.ts";
import { aRequestText } from "../certificates/testing/request-text.ts";
import { certificateSigningRequestApprover } from "../certificatesigningrequest-approving/index.ts";
import { certificateSigningRequestCleaner } from "../certificatesigningrequest-cleaner/index.ts";
import { certificateSigningRequestSigner } from "../certificatesigningrequest-signing/index.ts";
import { legacyServiceAccountTokenCleaner } from "../legacy-serviceaccount-token-cleaner/index.ts";
import { serviceAccountTokenController } from "../serviceaccount-token/index.ts";
import { tokenCleaner } from "../token-cleaner/index.ts";
import { any, attempt, oneOf } from "./testing/acting.ts";
import { type Scenario, simulate, type World } from "./testing/simulate.ts";

const startTime = Date.UTC(2026, 10, 22) as Instant;
const hour = 3_600_000;
const day = 24 * hour;
const letters = ({ random }: World): string => random.fraction().toString(36).slice(2, 8).padEnd(6, "0");
const instantOf = (text: string | undefined): number => parseTime(text?.length === 10 ? `${text}T00:00:00Z` : (text ?? "")) ?? Number.NaN;

const authority = anAuthority(startTime);
const bootstrapper: UserInfo = { name: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:authenticated"] };
const signerOfNodes = "kubernetes.io/kube-apiserver-client-kubelet";
const signerOfServers = "kubernetes.io/kubelet-serving";
const aNode = { commonName: "system:node:node-1", organizations: ["system:nodes"] };
const asked = {
  node: [signerOfNodes, "client auth", aRequestText(aNode)],
  stranger: [signerOfNodes, "client auth", aRequestText({ commonName: "system:node:node-1" })],
  server: [signerOfServers, "server auth", aRequestText(aNode, { hostnames: ["node-1"] })],
} as const;

type Answer = "Approved" | "Denied" | "Failed";
const answerOf = ({ status }: CertificateSigningRequest, ...answers: readonly Answer[]) =>
  status.conditions?.find(({ type }) => answers.includes(type as Answer));
const certificateOf = ({ status }: CertificateSigningRequest): string => status.certificate ?? "";

/** When the cleaner may take a request away, at the earliest. */
function endOf(request: CertificateSigningRequest): number {
  const answered = answerOf(request, "Denied", "Failed") ?? (certificateOf(request) === "" ? undefined : answerOf(request, "Approved"));
  if (answered !== undefined) return instantOf(answered.lastUpdateTime) + hour;
  return answerOf(request, "Approved") === undefined ? instantOf(request.metadata.creationTimestamp) + day : Infinity;
}

/** Nodes and servers ask for certificates, and people decide about some: each gets one at most, and requests go when they are old. */
const certificates: Scenario = {
  controllers: () => [
    certificateSigningRequestApprover,
    certificateSigningRequestSigner({ authority: authority.signer }),
    certificateSigningRequestCleaner,
  ],
  cluster: { nodes: 0, startTime },
  rounds: 80,
  pace: hour,
  follows: [any(CertificateSigningRequestKind)],
  async setUp({ cluster }) {
    for (const name of ["system:certificates.k8s.io:certificatesigningrequests:nodeclient", "system:node-bootstrapper"])
      await cluster.client.resource(ClusterRoleBindingKind).create({
        metadata: { name: `bootstrappers-${name}` },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:bootstrappers" }],
      });
  },
  async meddle(world) {
    const request = oneOf(world, world.of(CertificateSigningRequestKind));
    if (request !== undefined && world.random.fraction() < 0.3) {
      const type: Answer = oneOf(world, ["Approved", "Denied"] as const);
      const conditions = [{ type, status: "True" as const, reason: "ByHand", message: "" }];
      const approval = world.cluster.client.resource(CertificateSigningRequestKind).subresource(request.metadata.name, "approval");
      if (answerOf(request, "Approved", "Denied") === undefined)
        await attempt(approval.update({ ...request, status: { ...request.status, conditions } }), "Conflict", "NotFound");
      return;
    }
    const [signerName, usage, text] = asked[oneOf(world, ["node", "stranger", "server"] as const)];
    const spec = { request: base64OfText(text), signerName, usages: ["digital signature" as const, usage] };
    await world.cluster
      .as(bootstrapper)
      .resource(CertificateSigningRequestKind)
      .create({ metadata: { name: `ask-${letters(world)}` }, spec });
  },
  check({ object, previous }, { cluster }) {
    if (object === undefined) {
      const gone = previous as CertificateSigningRequest;
      return endOf(gone) > cluster.clock.now() ? `${gone.metadata.name} went before its time` : undefined;
    }
    const [now, before] = [object as CertificateSigningRequest, previous as CertificateSigningRequest | undefined];
    const { name } = now.metadata;
    if (before !== undefined && certificateOf(before) !== "" && certificateOf(now) !== certificateOf(before))
      return `${name} is signed anew`;
    if (certificateOf(now) !== "" && (answerOf(now, "Approved") === undefined || answerOf(now, "Denied", "Failed") !== undefined))
      return `${name} is signed and not approved`;
    if (certificateOf(now) !== "" && now.spec.request === base64OfText(asked.stranger[2])) return `${name} is signed for no node`;
    const isAutomatic = answerOf(now, "Approved")?.reason === "AutoApproved";
    if (isAutomatic && now.spec.request !== base64OfText(asked.node[2])) return `${name} is approved without anybody's help`;
    const answers = (now.status.conditions ?? []).map(({ type }) => type);
    return new Set(answers).size < answers.length ? `${name} is answered twice: ${answers.join()}` : undefined;
  },
  async unreached({ cluster }) {
    const { items } = await cluster.client.resource(CertificateSigningRequestKind).list();
    return items.flatMap((request) => {
      const { name } = request.metadata;
      if (endOf(request) <= cluster.clock.now()) return [`${name} is old`];
      const isOfNode = request.spec.request === base64OfText(asked.node[2]);
      if (isOfNode && answerOf(request, "Approved", "Denied") === undefined) return [`${name} isn't approved`];
      if (answerOf(request, "Approved") === undefined || answerOf(request, "Failed") !== undefined) return [];
      const text = textOfBase64(certificateOf(request));
      return text !== "" && new X509Certificate(text).verify(authority.publicKey) ? [] : [`${name} has no certificate`];
    });
  },
};

const signaturePrefix = "jws-kubeconfig-";
const keyOf = (id: string): string => `${id}0123456789`;
/** What is said of the cluster, as people wrote it last. */
const said = new WeakMap<World, string>();
/** The bootstrap tokens that there ever were, by id. */
const tokensOf = new WeakMap<World, Map<string, Secret>>();

function isSignatureOf(signature: string, kubeconfig: string, id: string): boolean {
  const [header = "", , bytes] = signature.split(".");
  const signed = `${header}.${Buffer.from(kubeconfig).toString("base64url")}`;
  return createHmac("sha256", keyOf(id)).update(signed).digest("base64url") === bytes;
}

const signaturesIn = ({ data = {} }: ConfigMap): readonly (readonly [id: string, signature: string])[] =>
  Object.entries(data).flatMap(([key, value]) =>
    key.startsWith(signaturePrefix) ? [[key.slice(signaturePrefix.length), value] as const] : [],
  );

/** Tokens come, expire and go, and what is said of the cluster changes: whoever may sign it has signed it as it is, and nobody else. */
const signatures: Scenario = {
  controllers: () => [bootstrapSigner, tokenCleaner],
  cluster: { nodes: 0, startTime },
  rounds: 80,
  follows: [any(SecretKind), any(ConfigMapKind)],
  async setUp(world) {
    const { client } = world.cluster;
    said.set(world, "first");
    tokensOf.set(world, new Map());
    await client
      .resource(ConfigMapKind)
      .in("kube-public")
      .create({ metadata: { name: "cluster-info" }, data: { kubeconfig: "first" } });
  },
  async meddle(world) {
    const { client, clock } = world.cluster;
    const luck = world.random.fraction();
    const secrets = client.resource(SecretKind).in("kube-system");
    const tokens = world.of(SecretKind).filter((secret) => readBootstrapToken(secret) !== undefined);
    if (luck < 0.25) {
      const kubeconfig = `said ${letters(world)}`;
      said.set(world, kubeconfig);
      await client.resource(ConfigMapKind).in("kube-public").patch("cluster-info", { data: { kubeconfig } }, { type: "merge" });
    } else if (luck < 0.45 && tokens.length > 0) await attempt(secrets.delete(oneOf(world, tokens).metadata.name), "NotFound");
    else {
      const id = letters(world);
      const expiration = formatTime((clock.now() + Math.floor(world.random.fraction() * 120) * 1000) as Instant);
      const isLasting = world.random.fraction() < 0.3;
      const text = {
        "token-id": id,
        "token-secret": keyOf(id),
        "usage-bootstrap-signing": `${world.random.fraction() < 0.8}`,
        ...(isLasting ? {} : { expiration }),
      };
      const data = Object.fromEntries(Object.entries(text).map(([key, value]) => [key, base64OfText(value)]));
      await secrets.create({ metadata: { name: bootstrapSecretName(id) }, type: "bootstrap.kubernetes.io/token", data });
      return;
    }
  },
  check({ kind, object, previous }, world) {
    const tokens = tokensOf.get(world);
    if (kind.kind === "Secret" && object !== undefined) {
      const id = readBootstrapToken(object as Secret)?.id;
      if (id !== undefined) tokens?.set(id, object as Secret);
    }
    if (object?.metadata.name !== "cluster-info" || previous === undefined) return undefined;
    const [now, before] = [object as ConfigMap, new Map(signaturesIn(previous as ConfigMap))];
    const wrong = signaturesIn(now)
      .filter(([id, signature]) => before.get(id) !== signature)
      .filter(([id, signature]) => {
        const secret = tokens?.get(id);
        const token = secret === undefined ? undefined : readBootstrapToken(secret);
        if (token === undefined || !token.signs || hasExpired(token, world.cluster.clock.now())) return true;
        return !isSignatureOf(signature, now.data?.["kubeconfig"] ?? "", id);
      });
    return wrong.length > 0 ? `signed by ${wrong.map(([id]) => id).join()}` : undefined;
  },
  async unreached(world) {
    const { client, clock } = world.cluster;
    const clusterInfo = await client.resource(ConfigMapKind).in("kube-public").get("cluster-info");
    const kubeconfig = clusterInfo.data?.["kubeconfig"] ?? "";
    const present = (await client.resource(SecretKind).in("kube-system").list()).items.flatMap(
      (secret) => readBootstrapToken(secret) ?? [],
    );
    const signing = present.filter((token) => token.signs && !hasExpired(token, clock.now())).map(({ id }) => id);
    const signed = signaturesIn(clusterInfo).flatMap(([id, signature]) =>
      isSignatureOf(signature, kubeconfig, id) ? [id] : [`not ${id}`],
    );
    const isReached = kubeconfig === said.get(world) && signed.toSorted().join() === signing.toSorted().join();
    return isReached ? [] : { kubeconfig, signing, signed };
  },
};

const invalidSince = "kubernetes.io/legacy-token-invalid-since";
const lastUsed = "kubernetes.io/legacy-token-last-used";
const accountName = "kubernetes.io/service-account.name";
const accountUid = "kubernetes.io/service-account.uid";
const period = day;
const tokenOf = (secret: Secret): string => textOfBase64(secret.data?.["token"] ?? "");
const isToken = ({ type }: Secret): boolean => type === "kubernetes.io/service-account-token";
/** From when on nobody has used the token. */
const idleSince = ({ metadata: { labels = {}, creationTimestamp } }: Secret): number => instantOf(labels[lastUsed] ?? creationTimestamp);

/** Secrets ask for tokens, accounts come and go, and days pass: a token stays the same as long as its account, and goes when nobody uses it. */
const legacyTokens: Scenario = {
  controllers: () => [
    serviceAccountTokenController({ signingKey: createSigningKey(), rootCertificate: "the CA" }),
    legacyServiceAccountTokenCleaner({ period }),
  ],
  cluster: { nodes: 0, startTime },
  rounds: 80,
  pace: 3 * hour,
  follows: [any(SecretKind), any(ServiceAccountKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client, clock } = world.cluster;
    const luck = world.random.fraction();
    const accounts = client.resource(ServiceAccountKind).in("default");
    const secrets = client.resource(SecretKind).in("default");
    const account = `robot-${oneOf(world, [1, 2, 3])}`;
    const token = oneOf(world, world.of(SecretKind).filter(isToken));
    if (luck < 0.1) return attempt(accounts.delete(account), "NotFound");
    if (luck < 0.3 && token !== undefined) {
      const labels = { [lastUsed]: formatTime(clock.now()).slice(0, 10) };
      return attempt(secrets.patch(token.metadata.name, { metadata: { labels } }, { type: "merge" }), "NotFound");
    }
    if (luck < 0.4 && token !== undefined) {
      const data = { [oneOf(world, ["token", "ca.crt", "namespace"])]: null };
      return attempt(secrets.patch(token.metadata.name, { data }, { type: "merge" }), "NotFound");
    }
    const name = `${account}-${letters(world)}`;
    await attempt(accounts.create({ metadata: { name: account } }), "AlreadyExists");
    const annotations = { [accountName]: account };
    await secrets.create({ metadata: { name, annotations }, type: "kubernetes.io/service-account-token" });
    const { secrets: listed = [] } = await accounts.get(account);
    if (world.random.fraction() < 0.7) await accounts.patch(account, { secrets: [...listed, { name }] }, { type: "merge" });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Secret" || previous === undefined || !isToken(previous as Secret)) return undefined;
    const now = world.cluster.clock.now();
    const before = previous as Secret;
    const { name, labels = {}, annotations = {} } = before.metadata;
    if (object === undefined) {
      const isIdle = instantOf(labels[invalidSince]) <= now - period && idleSince(before) <= now - period;
      const { [accountUid]: uid, [accountName]: account } = annotations;
      const isOrphan = !world
        .of(ServiceAccountKind)
        .some(({ metadata }) => (uid === undefined ? metadata.name === account : metadata.uid === uid));
      return isIdle || isOrphan ? undefined : `${name} went and its account is there`;
    }
    const after = object as Secret;
    if (tokenOf(before) !== "" && tokenOf(after) !== "" && tokenOf(after) !== tokenOf(before)) return `${name} has another token`;
    const uid = after.metadata.annotations?.[accountUid];
    if (annotations[accountUid] !== undefined && uid !== annotations[accountUid]) return `${name} has another account`;
    const isMarked = labels[invalidSince] === undefined && after.metadata.labels?.[invalidSince] !== undefined;
    return isMarked && idleSince(before) > now - period ? `${name} is used and loses its force` : undefined;
  },
  async unreached({ cluster }) {
    const accounts = (await cluster.client.resource(ServiceAccountKind).in("default").list()).items;
    const secrets = (await cluster.client.resource(SecretKind).in("default").list()).items.filter(isToken);
    return secrets.flatMap((secret) => {
      const { name, annotations = {} } = secret.metadata;
      const account = accounts.find(({ metadata }) => metadata.uid === annotations[accountUid]);
      if (account === undefined) return [`${name} is of nobody`];
      const claims = JSON.parse(Buffer.from(tokenOf(secret).split(".")[1] ?? "", "base64url").toString() || "{}");
      const isRight =
        claims["sub"] === `system:serviceaccount:default:${account.metadata.name}` &&
        claims["kubernetes.io/serviceaccount/service-account.uid"] === account.metadata.uid &&
        claims["kubernetes.io/serviceaccount/secret.name"] === name;
      if (!isRight) return [`${name} holds ${JSON.stringify(claims)}`];
      if (secret.data?.["ca.crt"] !== base64OfText("the CA") || secret.data["namespace"] !== base64OfText("default"))
        return [`${name} lacks what stands beside its token`];
      // It is looked at once a day, and when the process starts: that was before the last quarter of an hour.
      const now = cluster.clock.now() - hour / 4;
      if (!account.secrets?.some((each) => each.name === name) || idleSince(secret) > now - period) return [];
      const mark = secret.metadata.labels?.[invalidSince];
      if (mark === undefined) return [`${name} is idle and has its force`];
      return instantOf(mark) > now - period ? [] : [`${name} should be gone`];
    });
  },
};

test.each(
  Object.entries({
    "requests for certificates": certificates,
    "signatures of bootstrap tokens": signatures,
    "tokens in Secrets": legacyTokens,
  }).flatMap(([name, scenario]) => [1, 2].map((seed) => [name, seed, scenario] as const)),
)(
  "whatever gets lost and whoever restarts, %s keep their rules at every revision and get where they should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(30);
  },
);

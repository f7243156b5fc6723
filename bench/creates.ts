import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { join } from "node:path";
import { load } from "js-yaml";
import { type Benchmark, type Figure, quantile } from "./benchmark.ts";
import { cpuSecondsOf, freePort, inFolder, type Measured, startEtcd, startKubets } from "./processes.ts";
import { syncLatency } from "./sync-latency.ts";

const inFlight = 64;
const seconds = 5;

interface Rate {
  readonly perSecond: number;
  readonly p99: number;
  readonly cpuMicroseconds: number;
}

/**
 * Durable creates of a Pod over HTTPS, the whole pipeline, beside bare puts of the same bytes into an etcd alone, without TLS. The same
 * generator sends both, over HTTP/2. No node, and a scheduler name that nobody answers to: creates, and nothing that follows from them.
 */
export const creates: Benchmark = {
  name: "creates",
  about: `durable creates of a 1.5 kB Pod over HTTPS, ${inFlight} in flight, beside an etcd alone; then with 5 ms per sync for both`,
  async run() {
    const disk = await syncLatency();
    const figures: Figure[] = [];
    for (const syncDelayMilliseconds of [0, 5]) {
      const { kubets, etcd, get } = await inFolder((folder) => measureBoth(folder, syncDelayMilliseconds));
      const delay = syncDelayMilliseconds === 0 ? "" : ` + ${syncDelayMilliseconds} ms per sync`;
      const least = syncDelayMilliseconds === 0 ? 0.7 : 1;
      const ratio = etcd === undefined ? undefined : kubets.perSecond / etcd.perSecond;
      const note = `CPU ${kubets.cpuMicroseconds.toFixed(0)} µs per create${etcd === undefined ? "" : `, of etcd ${etcd.cpuMicroseconds.toFixed(0)} µs per put, p99 ${etcd.p99.toFixed(1)} ms`}; sync here: median ${disk.median.toFixed(2)} ms, p99 ${disk.p99.toFixed(2)} ms`;
      figures.push({
        name: `creates over HTTPS${delay}`,
        value: kubets.perSecond,
        unit: "creates/s",
        ...(etcd === undefined ? {} : { peer: "etcd alone, puts", peerValue: etcd.perSecond, ratio: ratio! }),
        goal: `at least ${least} × etcd`,
        met: ratio === undefined || ratio >= least,
        note,
      });
      if (syncDelayMilliseconds === 0) {
        figures.push({ name: "creates over HTTPS, p99", value: kubets.p99, unit: "ms", goal: "under 50 ms", met: kubets.p99 < 50 });
      } else {
        figures.push({ name: `GET meanwhile, p99${delay}`, value: get, unit: "ms", goal: "under 5 ms", met: get < 5 });
      }
    }
    return figures;
  },
};

async function measureBoth(
  folder: string,
  syncDelayMilliseconds: number,
): Promise<{ readonly kubets: Rate; readonly etcd: Rate | undefined; readonly get: number }> {
  let kubets: Rate;
  let gets: readonly number[];
  {
    const data = join(folder, "data");
    await using program = await startKubets({ data, port: await freePort(), home: folder }, { syncDelayMilliseconds });
    using session = sessionOf(join(data, "kubeconfig"));
    using reader = sessionOf(join(data, "kubeconfig"));
    const create = (): Promise<void> =>
      send(session.http, { ":method": "POST", ":path": pods, "content-type": "application/json" }, podBody, "201");
    const get = (): Promise<void> => send(reader.http, { ":method": "GET", ":path": "/api/v1/namespaces/default" }, undefined, "200");
    await underLoad(create, program, 2);
    const reading = repeat(get, performance.now() + seconds * 1000);
    kubets = await underLoad(create, program, seconds);
    gets = await reading;
  }
  await using etcd = await startEtcd(folder, { syncDelayMilliseconds });
  if (etcd === undefined) return { kubets, etcd, get: quantile(gets, 0.99) };
  const http = connect(`http://127.0.0.1:${etcd.port}`);
  let next = 0;
  const put = (): Promise<void> =>
    send(
      http,
      { ":method": "POST", ":path": "/etcdserverpb.KV/Put", "content-type": "application/grpc", te: "trailers" },
      putRequest(next++),
      "200",
    );
  await underLoad(put, etcd, 2);
  const rate = await underLoad(put, etcd, seconds);
  http.close();
  return { kubets, etcd: rate, get: quantile(gets, 0.99) };
}

async function underLoad(once: () => Promise<void>, { pid }: Measured, duration: number): Promise<Rate> {
  const cpu = cpuSecondsOf(pid);
  const began = performance.now();
  const times = (await Promise.all(Array.from({ length: inFlight }, () => repeat(once, began + duration * 1000)))).flat();
  const elapsed = (performance.now() - began) / 1000;
  return {
    perSecond: times.length / elapsed,
    p99: quantile(times, 0.99),
    cpuMicroseconds: ((cpuSecondsOf(pid) - cpu) / times.length) * 1e6,
  };
}

async function repeat(once: () => Promise<void>, until: number): Promise<readonly number[]> {
  const times: number[] = [];
  while (performance.now() < until) {
    const before = performance.now();
    await once();
    times.push(performance.now() - before);
  }
  return times;
}

function send(
  http: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
  expected: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = http.request(headers, { endStream: body === undefined });
    let status = "";
    stream.on("response", (answer) => (status = String(answer[":status"])));
    // gRPC says in the trailers how it went.
    stream.on("trailers", (trailers) => (status = trailers["grpc-status"] === "0" ? status : `gRPC ${String(trailers["grpc-status"])}`));
    stream.once("error", reject);
    stream.once("close", () =>
      status === expected ? resolve() : reject(new Error(`Cannot measure: ${headers[":path"]} answered ${status}, not ${expected}`)),
    );
    stream.resume();
    if (body !== undefined) stream.end(body);
  });
}

function sessionOf(kubeconfig: string): Disposable & { readonly http: ClientHttp2Session } {
  const { clusters, users } = load(readFileSync(kubeconfig, "utf8")) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
    readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
  };
  const pem = (base64: string | undefined): Buffer => Buffer.from(base64 ?? "", "base64");
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const http = connect(cluster["server"] ?? "", {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  });
  return { http, [Symbol.dispose]: () => http.close() };
}

const pods = "/api/v1/namespaces/default/pods";
/** What a ReplicaSet would make, without an owner (the garbage collector would take it away) and for a scheduler that isn't there. */
const podBody: Uint8Array = new TextEncoder().encode(
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: "frontend-7d4b9c6f5d-",
      namespace: "default",
      labels: { app: "frontend", tier: "web", "pod-template-hash": "7d4b9c6f5d" },
      annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "9102", "example.com/filling": "x".repeat(260) },
    },
    spec: {
      schedulerName: "nobody",
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: "server",
          image: "registry.example.com/frontend/server:1.42.7",
          args: ["--port=8080", "--log-level=info"],
          ports: [{ name: "http", containerPort: 8080 }],
          env: [
            { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "MODE", value: "production" },
          ],
          resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } },
          readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 5 },
          livenessProbe: { httpGet: { path: "/livez", port: "http" }, initialDelaySeconds: 10 },
          volumeMounts: [{ name: "config", mountPath: "/etc/frontend", readOnly: true }],
        },
      ],
      volumes: [{ name: "config", configMap: { name: "frontend" } }],
      tolerations: [{ key: "dedicated", operator: "Equal", value: "web", effect: "NoSchedule" }],
    },
  }),
);

/** etcd's PutRequest { key = 1, value = 2 } in gRPC's frame. */
function putRequest(number: number): Uint8Array {
  const key = Buffer.from(`/registry/pods/default/frontend-7d4b9c6f5d-${number}`);
  const length = (count: number): readonly number[] => (count < 128 ? [count] : [(count & 127) | 128, count >> 7]);
  const message = Buffer.concat([Buffer.from([0x0a, ...length(key.length)]), key, Buffer.from([0x12, ...length(podBody.length)]), podBody]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The requests that benchmarks send to the API. */
import { benchmarkPod } from "../control-plane/apiserver/testing/benchmark-pod.ts";
import type { Requests } from "./load/load.ts";

const json = { accept: "application/json" };
const jsonBody = { ...json, "content-type": "application/json" };

export const pods = "/api/v1/namespaces/default/pods";

/** 64 creates at a time of a Pod of 1.5 kB, whose name the server generates. */
export const podCreates: Requests = {
  method: "POST",
  path: pods,
  headers: jsonBody,
  body: Buffer.from(benchmarkPod).toString("base64"),
  expected: 201,
  inFlight: 64,
};

/** The same Pod with a name that ends in the number of the request. */
export const numberedPod: string = Buffer.from(benchmarkPod)
  .toString()
  .replace('"generateName":"frontend-7d4b9c6f5d-"', '"name":"frontend-00000000"');

export const configMaps = "/api/v1/namespaces/default/configmaps";
export const configMap: string = JSON.stringify({
  metadata: { name: "bench-00000000" },
  data: { version: "version00000000", text: "x".repeat(1200) },
});

/** Creates of objects whose names end in the number of the request. */
export function createsOf(path: string, body: string, total: number): Requests & { readonly total: number } {
  return {
    method: "POST",
    path,
    headers: jsonBody,
    body: Buffer.from(body).toString("base64"),
    counter: { nameOffsets: [Buffer.from(body).indexOf("00000000")] },
    expected: 201,
    inFlight: 64,
    total,
  };
}

/** Updates of 1,000 ConfigMaps that each change the object. */
export const updates: Requests = {
  method: "PUT",
  path: `${configMaps}/bench-{number}`,
  headers: jsonBody,
  body: Buffer.from(configMap).toString("base64"),
  counter: {
    nameOffsets: [Buffer.from(configMap).indexOf("00000000")],
    offsets: [Buffer.from(configMap).lastIndexOf("00000000")],
    modulo: 1000,
  },
  expected: 200,
  inFlight: 64,
};

/** Merge patches of a label of the first `objects` Pods. */
export function podPatches(objects: number): Requests {
  const body = '{"metadata":{"labels":{"number":"00000000"}}}';
  return {
    method: "PATCH",
    path: `${pods}/frontend-{number}`,
    headers: { ...json, "content-type": "application/merge-patch+json" },
    body: Buffer.from(body).toString("base64"),
    counter: { offsets: [body.indexOf("00000000")], modulo: objects },
    expected: 200,
    inFlight: 64,
  };
}

export function gets(path: string): Requests {
  return { method: "GET", path, headers: json, expected: 200, inFlight: 1 };
}

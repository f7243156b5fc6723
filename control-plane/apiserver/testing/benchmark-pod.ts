/**
 * The body of a create as benchmarks send it: 1.5 kB of what a ReplicaSet would make, but without an owner, which the garbage collector would miss,
 * and for a scheduler that isn't there: so nothing follows from the create.
 */
export const benchmarkPod: Uint8Array = new TextEncoder().encode(
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

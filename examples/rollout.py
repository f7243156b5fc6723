"""Rolls a Deployment and watches it, with nothing but Python's own library: `rollout.py SERVER CA CERTIFICATE KEY`."""

import json
import ssl
import sys
import urllib.error
import urllib.request

server, authority, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)


def ask(method, path, body=None, content_type="application/json"):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": content_type, "User-Agent": "rollout.py"}
    request = urllib.request.Request(server + path, data=data, method=method, headers=headers)
    return urllib.request.urlopen(request, context=context, timeout=30)


def deployment(image):
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


deployments = "/apis/apps/v1/namespaces/default/deployments"


def apply(image):
    """Server-side apply: JSON is YAML."""
    path = deployments + "/web?fieldManager=rollout"
    return json.load(ask("PATCH", path, deployment(image), "application/apply-patch+yaml"))


def is_complete(web):
    status, wanted = web.get("status", {}), web["spec"]["replicas"]
    counts = [status.get(count, 0) for count in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == web["metadata"]["generation"] and counts == [wanted] * 3


def until_complete():
    """Lists, then watches from there, as clients do."""
    listed = json.load(ask("GET", deployments + "?fieldSelector=metadata.name%3Dweb"))
    for web in listed["items"]:
        if is_complete(web):
            return
    version = listed["metadata"]["resourceVersion"]
    path = deployments + "?watch=1&fieldSelector=metadata.name%3Dweb&resourceVersion=" + version
    for line in ask("GET", path):
        event = json.loads(line)
        if event["type"] in ("ADDED", "MODIFIED") and is_complete(event["object"]):
            return


def images():
    pods = json.load(ask("GET", "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb"))["items"]
    living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return sorted(pod["spec"]["containers"][0]["image"] for pod in living)


for image in ("web:1", "web:2"):
    apply(image)
    until_complete()
    print(*images())
try:
    ask("POST", deployments, deployment("web:3"))
except urllib.error.HTTPError as refusal:
    print(refusal.code, json.load(refusal)["reason"])
ask("DELETE", deployments + "/web?propagationPolicy=Foreground")

import { expect, test } from "vitest";
import { executeJsonPath } from "./evaluate.ts";
import { parseJsonPath } from "./parse.ts";

const list = {
  kind: "List",
  items: [
    { metadata: { name: "a", labels: { "app.kubernetes.io/name": "web" } }, ports: [80, 443], ready: true },
    { metadata: { name: "b" }, ports: [53], ready: false },
  ],
};

test.each([
  ["{.kind}", "List"],
  ["kind: {.kind}!", "kind: List!"],
  ["{.items[*].metadata.name}", "a b"],
  ["{.items[0].ports}", "[80,443]"],
  ["{.items[-1:].metadata.name}", "b"],
  ["{.items[0:1].metadata.name}", "a"],
  ["{.items[0]['metadata']['name']}", "a"],
  ["{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "web"],
  ['{.items[?(@.metadata.name=="b")].ports[0]}', "53"],
  ["{.items[?(@.ready==true)].metadata.name}", "a"],
  ["{.items[?(@.ports[0]>60)].metadata.name}", "a"],
  ["{.items[?(@.metadata.labels)].metadata.name}", "a"],
  ["{..name}", "a b"],
  ['{range .items[*]}{.metadata.name}={.ready}{"\\n"}{end}', "a=true\nb=false\n"],
  ["{range .items[*]}{.metadata.name}:{range .ports[*]}{@},{end};{end}", "a:80,443,;b:53,;"],
  ["{$.kind}/{.missing}", "List/"],
])("%s gives %j", (template, text) => {
  expect(executeJsonPath(parseJsonPath(template), list)).toBe(text);
});

test.each(["{.a", "{range .a}", "{.a}{end}", "{.items[x]}"])("%s can't be read", (template) => {
  expect(() => parseJsonPath(template)).toThrow("error parsing jsonpath");
});

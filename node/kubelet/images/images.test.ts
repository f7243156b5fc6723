import type { Image } from "@kubets/container-runtime";
import type { Secret } from "@kubets/api";
import { expect, test } from "vitest";
import { imagesToRemove } from "./collect-images.ts";
import { normalName } from "./ensure-image.ts";
import { credentialsFor } from "./pull-secrets.ts";

test.each([
  ["busybox", "busybox:latest"],
  ["busybox:1.36", "busybox:1.36"],
  ["registry.example:5000/team/app", "registry.example:5000/team/app:latest"],
  ["app@sha256:0123", "app@sha256:0123"],
  ["Busybox", undefined],
  ["busybox:", undefined],
  ["a//b", undefined],
  ["with blank", undefined],
])("the image %j is %j", (image, expected) => {
  expect(normalName(image)).toBe(expected);
});

const image = (id: string, size: number, more: Partial<Image> = {}): Image => ({
  id,
  repoTags: [`${id}:1`],
  repoDigests: [],
  size,
  pinned: false,
  ...more,
});

test("images are removed when the disk is nearly full, unused ones only, the largest first", () => {
  const images = [image("small", 1), image("large", 10), image("used", 50), image("pause", 90, { pinned: true })];
  const remove = (availableBytes: number): readonly string[] =>
    imagesToRemove(images, new Set(["used:1"]), { storageBytes: 100, availableBytes }).map(({ id }) => id);
  expect(remove(20)).toEqual([]);
  expect(remove(14)).toEqual(["large"]);
  expect(remove(5)).toEqual(["large", "small"]);
});

test("a login is used for its registry only", () => {
  const config = {
    auths: { "registry.example": { username: "ann", password: "sesame" }, "https://index.docker.io/v1/": { auth: "YTpi" } },
  };
  const secret = {
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": btoa(JSON.stringify(config)) },
  } as unknown as Secret;
  expect(credentialsFor("registry.example/app", [secret])).toEqual([
    { serverAddress: "registry.example", username: "ann", password: "sesame" },
  ]);
  expect(credentialsFor("library/busybox", [secret])).toEqual([{ serverAddress: "https://index.docker.io/v1/", auth: "YTpi" }]);
  expect(credentialsFor("elsewhere.example/app", [secret])).toEqual([]);
});

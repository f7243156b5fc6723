import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildImage } from "./image.ts";
import { readImageArchive, writeImageArchive } from "./image-archive.ts";
import type { ReadAt } from "./tar.ts";
import { readTarIndex, writeTar } from "./tar.ts";

const utf8 = new TextEncoder();

function readerOf(bytes: Uint8Array): ReadAt {
  return async (offset, length) => bytes.subarray(offset, offset + length);
}

function jsonFile(path: string, value: unknown): { readonly path: string; readonly content: Uint8Array } {
  return { path, content: utf8.encode(JSON.stringify(value)) };
}

describe("an image archive", () => {
  const image = buildImage({ architecture: "amd64", layers: [[{ path: "hello", content: utf8.encode("hi") }]], command: ["/hello"] });

  test("tells the names of its images", async () => {
    const archive = writeImageArchive([
      { name: "docker.io/library/hello:1", image },
      { name: "localhost:5000/team/hello:2", image },
    ]);
    expect(await readImageArchive(readerOf(archive))).toEqual({
      format: "oci",
      names: ["docker.io/library/hello:1", "localhost:5000/team/hello:2"],
    });
  });

  test("may be one of Docker's, with names or without", async () => {
    const archive = writeTar([
      jsonFile("manifest.json", [
        { Config: "a.json", RepoTags: ["busybox:1.36", "busybox:latest"], Layers: [] },
        { Config: "b.json", RepoTags: null, Layers: [] },
      ]),
      jsonFile("index.json", { manifests: [] }),
    ]);
    expect(await readImageArchive(readerOf(archive))).toEqual({ format: "docker", names: ["busybox:1.36", "busybox:latest"] });
  });

  test.each([
    { what: "something else", file: utf8.encode("x".repeat(2000)), message: "Not a tar archive" },
    {
      what: "a tar archive of something else",
      file: writeTar([{ path: "readme", content: utf8.encode("hi") }]),
      message: "neither manifest.json",
    },
    { what: "broken JSON", file: writeTar([{ path: "index.json", content: utf8.encode("{") }]), message: "index.json is not JSON" },
    { what: "JSON of another shape", file: writeTar([jsonFile("index.json", null)]), message: "index.json has no manifests" },
  ])("is not $what", async ({ file, message }) => {
    await expect(readImageArchive(readerOf(file))).rejects.toThrow(message);
  });

  test("holds the same bytes for the same recipe", () => {
    const again = buildImage({ architecture: "amd64", layers: [[{ path: "hello", content: utf8.encode("hi") }]], command: ["/hello"] });
    expect(again).toEqual(image);
  });
});

describe("a tar archive", () => {
  test("gives back where its files lie", async () => {
    const name = fc.stringMatching(/^[a-z0-9._-]{1,60}$/);
    const file = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), content: fc.uint8Array({ maxLength: 1500 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 6 }), async (files) => {
        const entries = files.map(({ path, content }, index) => ({ path: `${index}/${path.join("/")}`, content }));
        const archive = writeTar(entries);
        const index = await readTarIndex(readerOf(archive));
        const found = index.map(({ path, offset, size }) => ({ path, content: archive.slice(offset, offset + size) }));
        expect(found).toEqual(entries);
      }),
    );
  });

  test("holds directories and links that are no files", async () => {
    const archive = writeTar([{ path: "bin" }, { path: "bin/sh", linkTo: "busybox" }, { path: "a", content: new Uint8Array(0) }]);
    expect(await readTarIndex(readerOf(archive))).toEqual([{ path: "a", offset: 3 * 512, size: 0 }]);
  });

  test("has no room for a path that is too long", () => {
    expect(() => writeTar([{ path: "x".repeat(101), content: new Uint8Array() }])).toThrow("the path is too long");
  });
});

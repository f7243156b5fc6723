import { expect, test } from "vitest";
import { mountArguments } from "./mount-arguments.ts";

test("layers are named as seen from where they lie together", () => {
  const options = ["index=off", "lowerdir=/data/snapshots/12/fs:/data/snapshots/3/fs"];
  expect(mountArguments({ type: "overlay", source: "overlay", options }, "/pod/volume")).toEqual({
    from: "/data/snapshots",
    args: ["-t", "overlay", "-o", "ro,index=off,lowerdir=12/fs:3/fs", "overlay", "/pod/volume"],
  });
});

test("layers without a common directory keep their paths", () => {
  const options = ["lowerdir=/a/fs:/b/fs"];
  expect(mountArguments({ type: "overlay", source: "overlay", options }, "/v")).toEqual({
    from: "/",
    args: ["-t", "overlay", "-o", "ro,lowerdir=/a/fs:/b/fs", "overlay", "/v"],
  });
});

test("a single layer is shown as it is", () => {
  expect(mountArguments({ type: "bind", source: "/data/snapshots/1/fs", options: ["ro", "rbind"] }, "/v")).toEqual({
    from: "/",
    args: ["-t", "none", "-o", "ro,rbind", "/data/snapshots/1/fs", "/v"],
  });
});

import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { isCompacted, isFuture, neverSent, unavailable } from "./errors.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:2379"), { code: "ECONNREFUSED" });
const notSent = new ConnectError("connect ECONNREFUSED", Code.Unavailable, undefined, undefined, refused);

test("a write that etcd certainly didn't carry out is known not to have happened", () => {
  const known = [
    notSent,
    new ConnectError("etcdserver: mvcc: database space exceeded", Code.ResourceExhausted),
    new ConnectError("etcdserver: no leader", Code.Unavailable),
    new ConnectError("etcdserver: permission denied", Code.PermissionDenied),
  ];
  expect(known.map((error) => unavailable("update", error, { wasWrite: true }).outcomeUnknown)).toEqual(known.map(() => false));
});

test("a write that etcd may have carried out has an unknown outcome, a read never has", () => {
  const unknown = [
    new ConnectError("etcdserver: request timed out", Code.Unavailable),
    new ConnectError("the operation timed out", Code.DeadlineExceeded),
    new ConnectError("socket hang up", Code.Unavailable),
    new ConnectError("http/2 stream closed with error code CANCEL", Code.Canceled),
  ];
  expect(unknown.map((error) => unavailable("update", error, { wasWrite: true }).outcomeUnknown)).toEqual(unknown.map(() => true));
  expect(unknown.map((error) => unavailable("read", error, { wasWrite: false }).outcomeUnknown)).toEqual(unknown.map(() => false));
  expect(neverSent(notSent)).toBe(true);
});

test("the two errors that say something about revisions are told apart", () => {
  const compacted = new ConnectError("etcdserver: mvcc: required revision has been compacted", Code.OutOfRange);
  const future = new ConnectError("etcdserver: mvcc: required revision is a future revision", Code.OutOfRange);
  expect([isCompacted(compacted), isFuture(compacted), isCompacted(future), isFuture(future)]).toEqual([true, false, false, true]);
  expect([isCompacted(notSent), isFuture(notSent)]).toEqual([false, false]);
});

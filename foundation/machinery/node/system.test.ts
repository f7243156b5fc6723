import { describe, expect, test } from "vitest";
import { uuid } from "../random.ts";
import { createSigningKey, createSystemClock, createSystemRandom, generateSigningKeyPem, loadSigningKey, turn } from "./index.ts";
import { generateKeyPairSync, verify } from "node:crypto";

describe("the system's clock", () => {
  test("tells the time and never goes back", () => {
    const clock = createSystemClock();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
    const first = clock.monotonic();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(first);
  });

  test("fires a timer of no time in a later turn", async () => {
    const clock = createSystemClock();
    const fired = Promise.withResolvers<string>();
    let passed = false;
    clock.after(0, () => fired.resolve(passed ? "later" : "at once"));
    clock.after(Number.NaN, () => {});
    passed = true;
    expect(await fired.promise).toBe("later");
  });

  test("does not fire a timer early, not one that was stopped, and not one of a hundred years at once", async () => {
    const clock = createSystemClock();
    const fired: string[] = [];
    const start = clock.monotonic();
    const done = Promise.withResolvers<number>();
    using distant = clock.after(100 * 365 * 86_400_000, () => fired.push("distant"));
    using endless = clock.after(Infinity, () => fired.push("endless"));
    clock.after(5, () => fired.push("stopped"))[Symbol.dispose]();
    clock.after(20, () => done.resolve(clock.monotonic() - start));
    expect(await done.promise).toBeGreaterThanOrEqual(19);
    await turn();
    expect(fired).toEqual([]);
    expect(distant.due).toBeGreaterThan(clock.now() + 99 * 365 * 86_400_000);
    expect(endless.due).toBe(Infinity);
  });
});

test("the system's chance does not repeat itself", () => {
  const random = createSystemRandom();
  expect(new Set(Array.from({ length: 2000 }, () => uuid(random))).size).toBe(2000);
  expect(random.bytes(10_000)).toHaveLength(10_000);
  expect(random.bytes(0)).toHaveLength(0);
  const fractions = Array.from({ length: 2000 }, () => random.fraction());
  expect(fractions.every((each) => each >= 0 && each < 1)).toBe(true);
  expect(new Set(fractions).size).toBe(2000);
});

describe("a signing key", () => {
  const data = new TextEncoder().encode("header.payload");

  test("signs what it verifies, and refuses what was changed", async () => {
    const key = createSigningKey();
    const signature = await key.sign(data);
    expect(signature).toHaveLength(64);
    expect(await key.verify(data, signature)).toBe(true);
    expect(await key.verify(new TextEncoder().encode("header.other"), signature)).toBe(false);
    expect(await createSigningKey().verify(data, signature)).toBe(false);
    expect(await key.verify(data, new Uint8Array(3))).toBe(false);
  });

  test("is the same key when it is loaded again", async () => {
    const pem = generateSigningKeyPem();
    const [first, second] = [loadSigningKey(pem), loadSigningKey(pem)];
    expect([second.id, second.algorithm, second.publicJwk]).toEqual([first.id, "ES256", first.publicJwk]);
    expect(await second.verify(data, await first.sign(data))).toBe(true);
  });

  test("shows its public part only", () => {
    expect(Object.keys(createSigningKey().publicJwk).sort()).toEqual(["crv", "kty", "x", "y"]);
  });

  test("may be RSA, which others verify", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = loadSigningKey(privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    expect(key.algorithm).toBe("RS256");
    expect(verify("sha256", data, publicKey, await key.sign(data))).toBe(true);
  });

  test("of another kind is refused", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    expect(() => loadSigningKey(privateKey.export({ type: "pkcs8", format: "pem" }) as string)).toThrow(
      "Cannot sign with a key of type ed25519",
    );
  });
});

import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { joinKeys } from "../../../server/gate/src/keys/joined-keys.ts";
import type { KeySource, VerificationKey } from "../../../server/gate/src/keys/key-source.ts";

const key = (kid: string): VerificationKey => ({ kid, algorithm: "ES256", key: {} as CryptoKey }); // never used here
const [one, two] = [key("one"), key("two")];

/** A source that has its keys at hand, and notes what it is asked. */
function known(...keys: readonly VerificationKey[]) {
  const asked: string[] = [];
  const find = (name: string) => (kid: string | undefined) => {
    asked.push(name);
    return keys.filter((each) => each.kid === kid);
  };
  const toOne = (name: string) => (kid: string | undefined) => find(name)(kid)[0];
  const source: KeySource = {
    find: toOne("find"),
    findKnown: toOne("findKnown"),
    isTrusted: (each) => keys.includes(each),
  };
  return { asked, source };
}

const down: KeySource = {
  find: () => Promise.reject(new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now")),
  isTrusted: () => false,
  failure: () => "its keys cannot be fetched",
};

describe("several sources of keys of one issuer", () => {
  test("find what one of them has at hand without a promise, and without asking the others to fetch it", () => {
    const [a, b] = [known(one), known(two)];
    const joined = joinKeys([a.source, b.source]);
    expect(joined.find("one", "ES256")).toBe(one);
    expect(joined.find("two", "ES256")).toBe(two);
    expect([...a.asked, ...b.asked]).not.toContain("find");
    expect([joined.isTrusted(one), joined.isTrusted(two), joined.isTrusted(key("one"))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("find all that fit, four at the most", async () => {
    const many: KeySource = { find: () => Array(3).fill(one), isTrusted: () => true };
    expect(await joinKeys([many, many]).find("any", "ES256")).toEqual(Array(4).fill(one));
  });

  test("try the key that the token names first, whichever source has it", async () => {
    const nameless: VerificationKey = { ...one, kid: undefined };
    const four = Array(4).fill(nameless);
    const many: KeySource = {
      find: () => four,
      findKnown: () => four,
      findAgain: () => four,
      isTrusted: () => true,
    };
    const remote: KeySource = { find: async () => two, isTrusted: () => true };
    expect(joinKeys([many, known(two).source]).find("two", "ES256")).toEqual([
      two,
      nameless,
      nameless,
      nameless,
    ]);
    const withRemote = joinKeys([many, remote]);
    expect(withRemote.find("two", "ES256")).toEqual(four);
    expect(await withRemote.findAgain?.("two", "ES256", four)).toEqual(two);
    const asked = joinKeys([{ find: () => four, isTrusted: () => true }, remote]);
    expect(await asked.find("two", "ES256")).toEqual([two, nameless, nameless, nameless]);
  });

  test("ask none but the secret about a token that a secret signs, so that one that is down is not in the way", async () => {
    const secret: VerificationKey = { kid: undefined, algorithm: "HS256", key: {} as CryptoKey };
    const shared: KeySource = {
      find: (_kid, algorithm) => (algorithm === "HS256" ? secret : undefined),
      findKnown: (_kid, algorithm) => (algorithm === "HS256" ? secret : undefined),
      isTrusted: () => true,
      hasSharedSecret: true,
    };
    const joined = joinKeys([down, shared]);
    expect(await joined.find("any", "HS256")).toBe(secret);
    expect(await joined.findAgain?.("any", "HS256", [secret])).toBeUndefined();
    expect(await joined.find("any", "HS512")).toBeUndefined();
    await expect(async () => joined.find("any", "ES256")).rejects.toThrowError(
      expect.objectContaining({ reason: "AUTH_UNAVAILABLE" }),
    );
  });

  test("are not taken down by one of them, in whichever place it stands", async () => {
    for (const sources of [
      [down, known(one).source],
      [known(one).source, down],
    ]) {
      const joined = joinKeys(sources);
      expect(await joined.find("one", "ES256")).toBe(one);
      await expect(async () => joined.find("two", "ES256")).rejects.toThrowError(
        expect.objectContaining({ reason: "AUTH_UNAVAILABLE" }),
      );
      expect(joined.failure?.()).toBe("its keys cannot be fetched");
    }
  });

  test("have no such key when all of them can be asked and none has it", async () => {
    const joined = joinKeys([known(one).source, known(two).source]);
    expect(await joined.find("three", "ES256")).toBeUndefined();
  });

  test("are asked once more after a bad signature: those that had nothing at hand, too", async () => {
    const late: KeySource = { find: async () => two, isTrusted: () => true };
    const joined = joinKeys([known(one).source, late]);
    expect(joined.find("one", "ES256")).toBe(one);
    expect(await joined.findAgain?.("one", "ES256", [one])).toBe(two);
    const withDown = joinKeys([known(one).source, down]);
    await expect(async () => withDown.findAgain?.("one", "ES256", [one])).rejects.toThrowError(
      expect.objectContaining({ reason: "AUTH_UNAVAILABLE" }),
    );
  });

  test("are fetched ahead, all of them", () => {
    const fetched: string[] = [];
    const source = (name: string): KeySource => ({ ...down, prefetch: () => void fetched.push(name) });
    joinKeys([source("a"), down, source("b")]).prefetch?.();
    expect(fetched).toEqual(["a", "b"]);
  });

  test("are one source when there is one", () => {
    expect(joinKeys([down])).toBe(down);
  });
});

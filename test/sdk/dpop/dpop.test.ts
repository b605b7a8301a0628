import { create, toBinary } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { createMemoryStore, isSessionError } from "@countersign/sdk";
import { dpop, type ProofHeaders, type Prover } from "@countersign/sdk/dpop";
import { encodeEntry, parseEntry, type SessionStore } from "@countersign/sdk/store";
import { createRefusal } from "@countersign/sdk/testing";
import { calculateJwkThumbprint, EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify } from "jose";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createKit, DEMO, until } from "../kit.ts";

/** How far off a proof may be. */
const WINDOW_SECONDS = 60;
const URL = "https://api.example/acme.v1.Notes/Get";

/** Check whether a proof is of now, on a clock that is ahead by some seconds, as servers do. */
function isNow(iat = 0, aheadSeconds = 0): boolean {
  return Math.abs(iat - aheadSeconds - Date.now() / 1000) < WINDOW_SECONDS;
}

/** Let a server answer with headers. */
async function note(prover: Prover, url: string, headers: Record<string, string>): Promise<void> {
  await prover.send({ url }, async (_sent, onHeader) => onHeader(new Headers(headers)));
}

function proofOf(prover: Prover, url: string): Promise<ProofHeaders> {
  return prover.send({ url }, async (sent) => sent);
}

describe("a proof", () => {
  it("names the method, the address without its query, the token and the time, and is signed", async () => {
    const binding = dpop();
    const key = await binding.proverOf({}).key();
    const token = "an.access.token";
    const prover = binding.proverOf({ proofKey: key, tokenType: "DPoP" });
    await note(prover, URL, { "dpop-nonce": "n-1" });
    const request = { url: `${URL}?message=x#y`, httpMethod: "GET", accessToken: token };
    const headers = await prover.send(request, async (sent) => sent);
    expect(headers.authorization).toBe(`DPoP ${token}`);
    const { payload, protectedHeader } = await jwtVerify(headers.dpop ?? "", EmbeddedJWK);
    expect(protectedHeader).toMatchObject({ typ: "dpop+jwt", alg: "ES256" });
    expect(Object.keys(protectedHeader.jwk ?? {})).toEqual(["crv", "kty", "x", "y"]);
    const ath = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(token))).toString("base64url");
    expect(payload).toMatchObject({ htm: "GET", htu: URL, ath, nonce: "n-1" });
    expect(isNow(payload.iat)).toBe(true);
  });

  it("is another one each time, with the nonce of its own origin only", async () => {
    const prover = dpop().proverOf({});
    await note(prover, URL, { "dpop-nonce": "n-1" });
    const [one, two, other] = await Promise.all(
      [URL, URL, "https://other.example/x"].map(async (url) => {
        const { dpop: proof = "" } = await proofOf(prover, url);
        return (await jwtVerify(proof, EmbeddedJWK)).payload;
      }),
    );
    expect(one?.jti).not.toBe(two?.jti);
    expect([one?.nonce, two?.nonce, other?.nonce]).toEqual(["n-1", "n-1", undefined]);
  });

  it("has the nonce of the page's origin for every method, when the addresses of calls count from the page", async () => {
    onTestFinished(() => void vi.unstubAllGlobals());
    const toUrl = (url: string) => new globalThis.URL(url, "https://page.example").href;
    vi.stubGlobal("Request", function request(this: { url: string }, url: string) {
      this.url = toUrl(url);
    });
    const prover = dpop().proverOf({});
    await note(prover, "/acme.v1.Notes/Get", { "dpop-nonce": "n-1" });
    const { dpop: proof = "" } = await proofOf(prover, "/acme.v1.Notes/List");
    const { payload } = await jwtVerify(proof, EmbeddedJWK);
    expect(payload).toMatchObject({ htu: "https://page.example/acme.v1.Notes/List", nonce: "n-1" });
  });

  it("follows the clock of the server, as its answers show it", async () => {
    const prover = dpop().proverOf({});
    const ahead = new Date(Date.now() + 7_200_000).toUTCString();
    await note(prover, URL, { date: ahead, age: "5" });
    const iatOf = async () => {
      const { dpop: proof = "" } = await proofOf(prover, URL);
      const { payload } = await jwtVerify(proof, EmbeddedJWK, { currentDate: new Date(8e12) });
      return payload.iat;
    };
    expect(isNow(await iatOf())).toBe(true);
    const refusal = toReceived(createRefusal("DPOP_PROOF_INVALID"));
    expect(prover.mayRetry(URL, refusal)).toBe(false);
    refusal.metadata.set("date", ahead);
    expect(prover.mayRetry(URL, refusal)).toBe(true);
    expect(isNow(await iatOf(), 7_200)).toBe(true);
    expect(prover.mayRetry(URL, refusal)).toBe(false);
  });

  it("is of a key that was handed in, if that can sign proofs", async () => {
    const pair = await generateKeyPair("ES256", { extractable: false });
    const binding = dpop({ key: pair });
    expect(await binding.proverOf({}).key()).toBe(pair);
    const { dpop: proof = "" } = await proofOf(binding.proverOf({}), URL);
    const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK);
    expect(await calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(
      await calculateJwkThumbprint(await exportJWK(pair.publicKey)),
    );
    const others = await generateKeyPair("ES384");
    expect(() => dpop({ key: others })).toThrow(
      new TypeError("the option key of dpop must be a pair of keys for ECDSA with P-256 that signs"),
    );
    const swapped = { privateKey: pair.publicKey, publicKey: pair.privateKey };
    expect(() => dpop({ key: swapped })).toThrow(TypeError);
  });
});

describe("a session with dpop()", () => {
  it("proves its sign-in, its calls, its refreshes and its sign-out", async () => {
    await using kit = await createKit();
    const { session, notes, events } = kit.tab({ dpop: dpop() });
    await session.signIn(DEMO);
    expect(await notes.getNote({ id: "1" })).toMatchObject({ id: "1" });
    await session.refresh();
    expect(await notes.getNote({ id: "2" })).toMatchObject({ id: "2" });
    expect(await session.signOut()).toEqual({ revoked: true });
    expect(kit.server.counts()).toEqual({ signIns: 1, refreshes: 1, rotations: 1, signOuts: 1 });
    expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
    expect(events.map(({ type }) => type)).toEqual(["signed_in", "refreshed", "signed_out"]);
  });

  it("proves with the nonce that the server asks for, at the cost of one request and no refresh", async () => {
    await using kit = await createKit();
    const { session, notes } = kit.tab({ dpop: dpop() });
    kit.server.setNonce("n-1");
    await session.signIn(DEMO);
    expect(kit.server.counts().signIns).toBe(2);
    await notes.getNote({ id: "1" });
    kit.server.setNonce("n-2");
    await Promise.all([notes.getNote({ id: "2" }), notes.getNote({ id: "3" })]);
    await notes.getNote({ id: "4" });
    kit.server.setNonce("n-3");
    await session.refresh();
    expect(kit.server.counts()).toMatchObject({ refreshes: 2, rotations: 1 });
    expect(session.getSnapshot().degraded).toBe(false);
  });

  it("is bound from its next refresh on, when it began without", async () => {
    await using kit = await createKit();
    const before = kit.tab();
    await before.session.signIn(DEMO);
    before.session.dispose();
    const { session, notes } = kit.tab({ dpop: dpop() });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    await notes.getNote({ id: "1" });
    await session.refresh();
    await notes.getNote({ id: "2" });
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      "countersign: the server binds no tokens to the key of dpop(): they are sent without proofs",
    ]);
    const unbound = kit.tab();
    await expect(unbound.notes.getNote({ id: "3" })).rejects.toThrow("TOKEN_INVALID");
  });

  it("repeats a refresh whose answer was lost with the same key", async () => {
    await using kit = await createKit();
    await kit.tab().session.signIn(DEMO);
    const { session } = kit.tab({ dpop: dpop() });
    kit.server.afterRefresh((attempt) => {
      if (attempt === 1) {
        throw new Error("the network is gone");
      }
    });
    const refreshed = session.refresh();
    await until(() => kit.server.counts().refreshes === 1);
    while (kit.server.counts().refreshes < 2) {
      kit.clock.advance(100);
      await new Promise(setImmediate);
    }
    await refreshed;
    expect(kit.server.counts()).toMatchObject({ refreshes: 2, rotations: 1 });
  });

  it("ends for want of its key, without a request", async () => {
    await using kit = await createKit({ store: createKeylessStore() });
    const first = kit.tab({ dpop: dpop() });
    await first.session.signIn(DEMO);
    first.session.dispose();
    const { session, notes, events } = kit.tab({ dpop: dpop() });
    const error = await notes.getNote({ id: "1" }).catch((thrown: unknown) => thrown);
    expect(isSessionError(error, "SIGNED_OUT")).toBe(true);
    await until(() => events.some(({ type }) => type === "signed_out"));
    expect(events.at(-1)).toEqual({ type: "signed_out", reason: "key_lost" });
    expect(kit.server.counts().refreshes).toBe(0);
    expect(kit.calls()).toBe(0);
    const late = await notes.getNote({ id: "2" }).catch((thrown: unknown) => thrown);
    expect(isSessionError(late, "SIGNED_OUT")).toBe(true);
    expect(session.getSnapshot().status).toBe("signed_out");
  });
});

/** Make an error as it arrives from a server. */
function toReceived(error: ConnectError): ConnectError {
  error.details = error.details.map((detail) =>
    "desc" in detail
      ? { type: detail.desc.typeName, value: toBinary(detail.desc, create(detail.desc, detail.value)) }
      : detail,
  );
  return error;
}

/** A store of text whose author has left out the key. */
function createKeylessStore(): SessionStore {
  const inner = createMemoryStore();
  return {
    ...inner,
    async read() {
      const entry = await inner.read();
      return entry && parseEntry(encodeEntry({ ...entry, proofKey: undefined } as typeof entry));
    },
  };
}

import { expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { SignInOrigin } from "../../../server/issuer/src/credentials/caller-recognition.ts";
import { digestUsername } from "../../../server/issuer/src/credentials/username.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { insertAccount } from "../../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { createPasswordServer } from "../../support/password-sign-ins.ts";
import { testPasswords } from "../../support/sign-ins.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const OWNER = { username: "owner", password: "correct horse" };
const WRONG = { username: "owner", password: "wrong horse" };
const HOME = { peer: "192.0.2.1" };
const EVIL = { peer: "198.51.100.1" };
const MINUTE_MS = 60_000;

/** A server with an account, and what its owner and strangers try. */
async function start(store: Store, perMinute?: number) {
  const issuer = await startTestIssuer(store);
  const { clock, sessions } = issuer;
  const passwordHash = await testPasswords.hash(OWNER.password);
  const account = { ...issuer.account, subject: "usr_owner", username: OWNER.username, passwordHash };
  await insertAccount(store, account);
  const server = createPasswordServer({ store, clock, ...(perMinute !== undefined && { perMinute }) });
  /** `0`: in; a number: the wait in milliseconds; else the reason. */
  const attempt = (input: typeof OWNER, origin: SignInOrigin): Promise<number | string> =>
    server.signIn(input, origin).then(
      () => 0,
      (error: unknown) =>
        error instanceof AuthError ? (error.retryAfterMs ?? error.reason) : Promise.reject(error),
    );
  const fail = async (times: number, origin: SignInOrigin): Promise<readonly (number | string)[]> => {
    const answers: (number | string)[] = [];
    for (let n = 0; n < times; n++) {
      answers.push(await attempt(WRONG, origin));
    }
    return answers;
  };
  const begin = (address: string) =>
    sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], use: { address } });
  const device: SignInOrigin = {
    ...EVIL,
    deviceProofs: server.devices.add([], { account: digestUsername(OWNER.username), passwordHash }),
  };
  const former = server.devices.add([], {
    account: digestUsername(OWNER.username),
    passwordHash: "$former$",
  });
  return { ...issuer, clock, attempt, fail, begin, device, former };
}

describeStores("an owner whose account strangers guess at", (open) => {
  it("gets in at once with a known device, from a known address, and with a session", async () => {
    await using store = await open();
    const { attempt, fail, begin, device, sessions } = await start(store);
    const { sessionId, refreshToken } = await begin(HOME.peer);
    expect((await fail(20, EVIL)).slice(0, 6)).toEqual([...Array(5).fill("CREDENTIALS_INVALID"), 1_000]);
    const known = [device, HOME, { ...EVIL, refreshToken }, { ...EVIL, sessionId }];
    for (const origin of known) {
      expect(await attempt(OWNER, origin)).toBe(0);
    }
    expect(await attempt(OWNER, EVIL)).toBe(1_000);
    await sessions.end({ where: { sessionId }, reason: "reuse" });
    for (const origin of [{ ...EVIL, peer: "203.0.113.9" }, HOME, { ...EVIL, sessionId }]) {
      expect(await attempt(OWNER, origin)).toBe(1_000);
    }
  });

  it("is known by the address after a sign-out, and not to other accounts", async () => {
    await using store = await open();
    const { attempt, fail, begin, sessions } = await start(store);
    const { sessionId } = await begin(HOME.peer);
    await sessions.end({ where: { sessionId }, reason: "signed_out" });
    await fail(20, EVIL);
    expect(await attempt(OWNER, HOME)).toBe(0);
    const other = { username: "nobody", password: "wrong horse" };
    for (let n = 0; n < 5; n++) {
      await attempt(other, EVIL);
    }
    expect(await attempt(other, HOME)).toBe(1_000);
  });

  it("waits for her own failures only, on each device", async () => {
    await using store = await open();
    const { attempt, fail, begin, device, clock } = await start(store);
    await begin(HOME.peer);
    expect(await fail(7, device)).toEqual([...Array(5).fill("CREDENTIALS_INVALID"), 1_000, 1_000]);
    expect(await attempt(OWNER, HOME)).toBe(0);
    expect(await attempt(OWNER, EVIL)).toBe(0);
    clock.advance(1_000);
    expect(await attempt(OWNER, device)).toBe(0);
    expect(await fail(1, device)).toEqual(["CREDENTIALS_INVALID"]);
  });

  it("waits for five minutes at the most while a stranger polls for half an hour, when she is not known", async () => {
    await using store = await open();
    const { attempt, fail, clock } = await start(store);
    await fail(5, EVIL);
    // What the stranger gets each ten seconds, which are the attempts that it is owed.
    const poll = async (): Promise<void> => {
      clock.advance(10_000);
      await attempt(WRONG, EVIL);
    };
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      const origin = { peer: `192.0.2.${round}` };
      const startedMs = clock.nowMs();
      for (let n = 0; n < 12; n++) {
        await poll();
      }
      let wait = Number(await attempt(OWNER, origin));
      while (wait > 0) {
        const untilMs = clock.nowMs() + wait;
        while (clock.nowMs() + 10_000 < untilMs) {
          await poll();
        }
        clock.advance(untilMs - clock.nowMs());
        wait = Number(await attempt({ ...OWNER, password: "mistyped it" }, origin).then(() => 0));
      }
      waits.push(clock.nowMs() - startedMs - 2 * MINUTE_MS);
    }
    expect(Math.max(...waits)).toBeGreaterThan(MINUTE_MS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * MINUTE_MS);
  });

  it("has an attempt by right beside forty addresses that all wait for theirs", async () => {
    await using store = await open();
    const { attempt, fail, clock } = await start(store);
    await fail(5, EVIL);
    const strangers = Array.from({ length: 40 }, (_, n) => ({ peer: `198.51.100.${n}` }));
    const all = () => Promise.all(strangers.map((origin) => attempt(WRONG, origin)));
    for (let n = 0; n < 12; n++) {
      clock.advance(MINUTE_MS / 2);
      await all();
    }
    const wait = Number(await attempt(OWNER, HOME));
    expect(wait).toBeLessThanOrEqual(5 * MINUTE_MS);
    clock.advance(wait - 1);
    await all();
    expect(await attempt(OWNER, HOME)).toBe(1);
    clock.advance(1);
    expect(await attempt(OWNER, HOME)).toBe(0);
  });

  it("has as many attempts with one session as with one address, at however many accounts", async () => {
    await using store = await open();
    const { attempt, begin } = await start(store, 30);
    const { refreshToken } = await begin(HOME.peer);
    const guess = (n: number, peer: string) =>
      attempt({ username: `account-${n}`, password: "wrong horse" }, { peer, refreshToken });
    for (let n = 0; n < 30; n++) {
      expect(await guess(n, EVIL.peer)).toBe("CREDENTIALS_INVALID");
    }
    expect(await guess(30, "203.0.113.9")).toBe(2_000);
  });

  it("gets in with a known device when her address has no attempts left", async () => {
    await using store = await open();
    const { attempt, clock, device } = await start(store, 30);
    const guess = (n: number) => attempt({ username: `account-${n}`, password: "wrong horse" }, EVIL);
    for (let n = 0; n < 30; n++) {
      expect(await guess(n)).toBe("CREDENTIALS_INVALID");
    }
    expect(await guess(30)).toBe(2_000);
    expect(await attempt(OWNER, EVIL)).toBe(2_000);
    expect(await attempt(OWNER, device)).toBe(0);
    clock.advance(2_000);
    expect(await attempt(OWNER, EVIL)).toBe(0);
  });

  it("gets in with a known device beside proofs of a former password, which have no attempts left", async () => {
    await using store = await open();
    const { attempt, device, former } = await start(store, 30);
    const planted = { peer: "203.0.113.1", deviceProofs: former };
    for (let n = 0; n < 30; n++) {
      await attempt({ ...OWNER, password: "wrong horse" }, planted);
    }
    expect(await attempt(OWNER, planted)).toBe(2_000);
    const own = device.deviceProofs ?? [];
    expect(await attempt(OWNER, { ...device, deviceProofs: [...former, ...own] })).toBe(0);
    // Copies of one proof pay once.
    for (let n = 0; n < 29; n++) {
      expect(await attempt(OWNER, { ...device, deviceProofs: [...own, ...own] })).toBe(0);
    }
    expect(await attempt(OWNER, device)).toBe(2_000);
  });
});

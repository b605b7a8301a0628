import { createClient, createRouterTransport } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type Clock, createAuth, type Principal, principalOf } from "@countersign/server";
import {
  createTestIssuer,
  expectDenied,
  HOSTILE_TOKENS,
  type HostileToken,
  type TestIssuer,
  type TestTokenOptions,
  withToken,
} from "@countersign/server/testing";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

const READ = { scopes: ["notes:read"] };

let issuer: TestIssuer;
let seen: Principal[];

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: "notes" });
});
afterEach(() => vi.unstubAllEnvs());

interface SetUp {
  readonly trust?: TestIssuer["trust"];
  readonly clock?: Clock;
}

function setUp({ trust = issuer.trust, ...options }: SetUp = {}) {
  seen = [];
  const auth = createAuth({
    routes: (router) =>
      router.service(NotesService, {
        getNote(_, ctx) {
          seen.push(principalOf(ctx));
          return {};
        },
        async *watchNotes(_, { requestHeader }) {
          yield { sequence: BigInt(requestHeader.get("x-after") ?? -1) };
        },
      }),
    issuers: [trust],
    audience: "notes",
    logRefusals: false,
    ...options,
  });
  return createClient(NotesService, createRouterTransport(auth.routes));
}

test("the gate sees the principal that a token is made for", async () => {
  const said = {
    ...{ subject: "eve", clientId: "app", sessionId: "session-1", scopes: ["notes:read"], roles: ["admin"] },
    ...{ authTimeSeconds: 1000, acr: "gold", amr: ["pwd", "otp"] },
  };
  const eve = await issuer.asPrincipal(setUp(), { ...said, lifeSeconds: 60, claims: { tenant: "acme" } });
  await eve.getNote({ id: "1" });
  const [principal] = seen;
  expect(principal).toMatchObject(said);
  expect((principal?.expiresAtSeconds ?? 0) - (principal?.issuedAtSeconds ?? 0)).toBe(60);
  expect(principal?.claims.tenant).toBe("acme");
});

test("a token says little unless it is told to", async () => {
  const ada = await issuer.asPrincipal(setUp());
  const error = await expectDenied(ada.getNote({ id: "1" }), "INSUFFICIENT_SCOPE");
  expect(error.metadata.get("www-authenticate")).toContain('scope="notes:read"');
  expect(seen).toEqual([]);
});

test("a claim that is undefined is left out", async () => {
  const ada = await issuer.asPrincipal(setUp(), { ...READ, claims: { jti: undefined } });
  await ada.getNote({ id: "1" });
  expect(seen[0]?.tokenId).toBeUndefined();
});

const hostile = Object.keys(HOSTILE_TOKENS) as HostileToken[]; // the keys of the table

test.each(notEmpty(hostile))("the gate refuses a token that is hostile: %s", async (kind) => {
  const client = setUp();
  await withToken(client, await issuer.token(READ)).getNote({ id: "1" }); // an honest one passes
  const attacker = withToken(client, await issuer.hostileToken(kind, READ));
  await expectDenied(attacker.getNote({ id: "1" }), HOSTILE_TOKENS[kind]);
  expect(seen).toHaveLength(1);
});

test("tokens are of the time of the clock that is given", async () => {
  const clock = createTestClock();
  const timed = await createTestIssuer({ audience: "notes", clock });
  const client = setUp({ trust: timed.trust, clock });
  await (await timed.asPrincipal(client, READ)).getNote({ id: "1" });
  expect(seen[0]?.issuedAtSeconds).toBe(Math.floor(clock.nowMs() / 1000));
});

test("one issuer does not vouch for the tokens of another", async () => {
  const other = await createTestIssuer({ audience: "notes" });
  const eve = await other.asPrincipal(setUp(), READ);
  await expectDenied(eve.getNote({ id: "1" }), "TOKEN_INVALID");
});

test("a client with a token keeps the headers of a call, and its streams", async () => {
  const ada = await issuer.asPrincipal(setUp(), READ);
  const received: bigint[] = [];
  for await (const { sequence } of ada.watchNotes({}, { headers: { "x-after": "7" } })) {
    received.push(sequence);
  }
  expect(received).toEqual([7n]);
});

test.each(
  notEmpty([
    [{ subjct: "ada" }, "a token has no option subjct: did you mean subject?"],
    [{ scopes: "notes:read" }, "a token: scopes must be a list of non-empty texts"],
    [{ lifeSeconds: 0 }, "a token: lifeSeconds must be a positive number of seconds"],
  ] as const),
)("a token of %o is not made", async (options, message) => {
  await expect(issuer.token(options as TestTokenOptions)).rejects.toThrow(new TypeError(message));
});

test("there is no hostile token of another name", async () => {
  const misspelt = "expird" as HostileToken;
  await expect(issuer.hostileToken(misspelt)).rejects.toThrow(
    /^there is no hostile token expird; there are expired,/,
  );
});

test("in production there is no such issuer", async () => {
  vi.stubEnv("NODE_ENV", "production");
  await expect(createTestIssuer({ audience: "notes" })).rejects.toThrow(
    "createTestIssuer is for tests: NODE_ENV is production",
  );
});

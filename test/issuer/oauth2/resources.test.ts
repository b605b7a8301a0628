import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import type { OpenIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { postForm } from "../../support/endpoint-calls.ts";
import type { Form } from "../../support/oauth-server.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import { createWallClock } from "../../support/test-clock.ts";

const NOTES = "https://notes.example.com";
const BILLING = "https://billing.example.com/api";
const resources = [NOTES, BILLING];

const ADA = { username: "ada", password: "correct horse", scopes: ["notes:read"], roles: [] };

interface Start extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  /** Ask for tokens as the client. */
  readonly token: (form: Form) => ReturnType<typeof postForm>;
  readonly begin: (resources?: readonly string[]) => ReturnType<OpenIssuer["sessions"]["begin"]>;
}

async function start(): Promise<Start> {
  const own = await startOwnIssuer([], { resources });
  const account = await own.issuer.accounts.create(ADA);
  const { secret = "" } = await own.issuer.clients.create({
    clientId: "agent",
    scopes: ["notes:read"],
    roles: [],
    grants: ["client_credentials", "token-exchange"],
    mayIntrospect: true,
  });
  return {
    issuer: own.issuer,
    token: (form) => {
      const entries: readonly (readonly [string, string])[] = Array.isArray(form)
        ? form
        : Object.entries(form);
      const proof = [
        ["client_id", "agent"],
        ["client_secret", secret],
      ] as const;
      return postForm(own.issuer.endpoints["/oauth2/token"], [...proof, ...entries]);
    },
    begin: (wanted = []) =>
      own.issuer.sessions.begin({
        account,
        clientId: FIRST_PARTY_CLIENT_ID,
        scopes: [],
        resources: wanted,
      }),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

const audOf = (token: unknown) => decodeJwt(String(token)).aud;
const clientGrant = ["grant_type", "client_credentials"] as const;

describe("a token that is asked for a resource (RFC 8707)", () => {
  it("is for that one, for several, or for the audience of the issuer when none is named", async () => {
    await using own = await start();
    const aud = async (...named: (readonly [string, string])[]) =>
      audOf((await own.token([clientGrant, ...named])).body.access_token);
    expect(await aud()).toBe("tests");
    expect(await aud(["resource", NOTES])).toBe(NOTES);
    expect(await aud(["resource", NOTES], ["resource", NOTES], ["resource", BILLING])).toEqual([
      NOTES,
      BILLING,
    ]);
    expect(await aud(["audience", "tests"], ["resource", BILLING])).toEqual([BILLING, "tests"]);
  });

  for (const target of [
    "https://notes.example.com/",
    "https://other.example",
    "NOTES",
    "tests2",
    "__proto__",
  ]) {
    it(`is refused for ${target}`, async () => {
      await using own = await start();
      for (const name of ["resource", "audience"]) {
        const form = [clientGrant, ["resource", NOTES], [name, target]] as const;
        const { status, body } = await own.token(form);
        expect([status, body.error]).toEqual([400, "invalid_target"]);
      }
    });
  }

  it("is for the same at each refresh, which can ask for fewer and never for others", async () => {
    await using own = await start();
    const { issuer } = own;
    const begun = await own.begin([NOTES, BILLING]);
    expect(audOf(begun.accessToken)).toEqual([NOTES, BILLING]);
    let { refreshToken } = begun;
    const refresh = async (wanted?: readonly string[]) => {
      const next = await issuer.sessions.refresh({ refreshToken, refreshId: "", resources: wanted });
      refreshToken = next.refreshToken;
      return audOf(next.accessToken);
    };
    expect(await refresh()).toEqual([NOTES, BILLING]);
    expect(await refresh([BILLING])).toBe(BILLING);
    await expect(refresh(["tests"])).rejects.toThrow("not for every resource");
    await expect(refresh([NOTES, "https://other.example"])).rejects.toThrow("not for every resource");
    expect(await refresh()).toEqual([NOTES, BILLING]);
    const plain = await own.begin();
    const asked = { refreshToken: plain.refreshToken, refreshId: "", resources: [NOTES] };
    await expect(issuer.sessions.refresh(asked)).rejects.toThrow("not for every resource");
    await expect(own.begin(["https://other.example"])).rejects.toThrow(
      "and the resources of this server only",
    );
  });

  it("is refreshed at the endpoint as it was asked for", async () => {
    await using own = await start();
    const { refreshToken } = await own.begin([NOTES, BILLING]);
    const refresh = async (token: string, ...named: (readonly [string, string])[]) =>
      postForm(own.issuer.endpoints["/oauth2/token"], [
        ["client_id", FIRST_PARTY_CLIENT_ID],
        ["grant_type", "refresh_token"],
        ["refresh_token", token],
        ...named,
      ]);
    const { body } = await refresh(refreshToken, ["resource", NOTES]);
    expect(audOf(body.access_token)).toBe(NOTES);
    const refused = await refresh(String(body.refresh_token), ["resource", "tests"]);
    expect(refused).toMatchObject({ status: 400, body: { error: "invalid_target" } });
    expect((await refresh(String(body.refresh_token))).status).toBe(200);
  });

  it("can be exchanged, asked about and revoked, whichever of the issuer's resources it is for", async () => {
    await using own = await start();
    const { accessToken, sessionId } = await own.begin([BILLING]);
    const form = [
      ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
      ["subject_token", accessToken],
      ["subject_token_type", "urn:ietf:params:oauth:token-type:access_token"],
    ] as const;
    const exchanged = await own.token([...form, ["resource", NOTES]]);
    expect(decodeJwt(String(exchanged.body.access_token))).toMatchObject({ aud: NOTES, sid: sessionId });
    const asked = await own.token([...form, ["resource", "https://other.example"]]);
    expect(asked.body.error).toBe("invalid_target");
    const revoke = [
      ["client_id", FIRST_PARTY_CLIENT_ID],
      ["token", accessToken],
    ] as const;
    expect((await postForm(own.issuer.endpoints["/oauth2/revoke"], revoke)).status).toBe(200);
    expect(await own.issuer.sessions.find(sessionId)).toMatchObject({ revokedAtMs: expect.any(Number) });
  });

  it("is refreshed no more once the issuer no longer has its resource, and again when it has", async () => {
    await using folder = await createTemporaryFolder(databaseParent());
    const place = { dataDir: folder.path, clock: createWallClock() };
    let refreshToken: string;
    {
      await using own = await startOwnIssuer([], { ...place, resources });
      const account = await own.issuer.accounts.create(ADA);
      const session = { account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], resources: [NOTES] };
      ({ refreshToken } = await own.issuer.sessions.begin(session));
    }
    {
      await using own = await startOwnIssuer([], { ...place, resources: [BILLING] });
      await expect(own.issuer.sessions.refresh({ refreshToken, refreshId: "" })).rejects.toMatchObject({
        reason: "REFRESH_TOKEN_INVALID",
      });
    }
    await using own = await startOwnIssuer([], { ...place, resources });
    expect(audOf((await own.issuer.sessions.refresh({ refreshToken, refreshId: "" })).accessToken)).toBe(
      NOTES,
    );
  });
});

describe("the resources of an issuer", () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ["a word", ["billing"]],
    ["a path", ["/billing"]],
    ["a URL with a fragment", ["https://notes.example.com#x"]],
    ["a URL with a space", ["https://notes.example.com/a b"]],
    ["no text", [7]],
    ["no list", "https://notes.example.com"],
    ["too many", Array.from({ length: 65 }, (_, index) => `https://r${index}.example`)],
  ];
  for (const [what, given] of bad) {
    it(`are not ${what}`, async () => {
      // What a program in JavaScript may give.
      const wrong = { resources: given } as { readonly resources: readonly string[] };
      await expect(startOwnIssuer([], wrong)).rejects.toThrow(/^resources must be/);
    });
  }
});

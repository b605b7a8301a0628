import { describe, expect, it } from "vitest";
import { ask } from "../../node/serving.ts";
import { ALLOWED_ORIGIN, type Form, startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient } from "../../support/sign-ins.ts";

const ENDPOINTS = ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"];
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`,
});

/** The form of a client with a right secret. */
async function startWithClient() {
  const server = await startOAuthServer();
  const { secret } = await addTestClient(server.issuer, "billing");
  const form = { grant_type: "client_credentials", client_id: "billing", client_secret: secret };
  return { server, secret, form, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

for (const path of ENDPOINTS) {
  describe(path, () => {
    it("takes nothing but POST (RFC 6749 §3.2)", async () => {
      await using server = await startOAuthServer();
      for (const method of ["GET", "PUT", "DELETE"]) {
        const { status, headers, body } = await ask(server.origin, { method, path });
        expect([status, headers.allow, JSON.parse(body).error]).toEqual([405, "POST", "invalid_request"]);
      }
    });

    it("takes nothing but forms", async () => {
      await using server = await startOAuthServer();
      for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]) {
        const headers = { "content-type": type };
        const answer = await ask(server.origin, { method: "POST", path, headers, body: '{"grant_type":1}' });
        expect(answer.status).toBe(400);
        expect(JSON.parse(answer.body)).toMatchObject({ error: "invalid_request" });
      }
    });

    it("takes no more than 64 KiB, and answers before the rest has come", async () => {
      await using server = await startOAuthServer();
      const body = `token=${"x".repeat(1024 * 1024)}`;
      const answer = await ask(server.origin, { method: "POST", path, headers: FORM, body });
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([413, "invalid_request"]);
    });

    it("refuses text that is not UTF-8", async () => {
      await using server = await startOAuthServer();
      const response = await fetch(`${server.origin}${path}`, {
        method: "POST",
        headers: FORM,
        body: Buffer.from([0x61, 0x3d, 0xff]),
      });
      expect([response.status, await response.json()]).toMatchObject([400, { error: "invalid_request" }]);
    });

    it("lets nothing keep its answers (RFC 6749 §5.1)", async () => {
      await using server = await startOAuthServer();
      const { headers } = await server.post(path, {});
      expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
    });

    it("may be called by the scripts of listed origins only", async () => {
      await using server = await startOAuthServer();
      const allowed = await server.post(path, {}, { origin: ALLOWED_ORIGIN });
      expect(allowed.headers.get("access-control-allow-origin")).toBe(ALLOWED_ORIGIN);
      const other = await server.post(path, {}, { origin: "https://evil.example" });
      expect(other.headers.get("access-control-allow-origin")).toBeNull();
    });
  });
}

describe("a client proves itself", () => {
  it("by HTTP Basic, or in the form", async () => {
    await using start = await startWithClient();
    const { server, secret, form } = start;
    const inHeader = { grant_type: "client_credentials" };
    expect((await server.post("/oauth2/token", inHeader, basic("billing", secret))).status).toBe(200);
    expect((await server.post("/oauth2/token", form)).status).toBe(200);
  });

  const wrong: readonly {
    readonly what: string;
    readonly form: (secret: string) => Readonly<Record<string, string>>;
    readonly headers?: (secret: string) => Readonly<Record<string, string>>;
    readonly status: number;
    readonly error: string;
    readonly challenge?: boolean;
  }[] = [
    { what: "not at all", form: () => ({}), status: 401, error: "invalid_client" },
    { what: "by name only", form: () => ({ client_id: "billing" }), status: 401, error: "invalid_client" },
    {
      what: "by the name of no client",
      form: () => ({ client_id: "nobody" }),
      status: 401,
      error: "invalid_client",
    },
    {
      what: "with a wrong secret",
      form: () => ({ client_id: "billing", client_secret: "css_x" }),
      status: 401,
      error: "invalid_client",
    },
    {
      what: "with a wrong secret in the header",
      form: () => ({}),
      headers: () => basic("billing", "css_x"),
      status: 401,
      error: "invalid_client",
      challenge: true,
    },
    {
      what: "with an access token",
      form: () => ({}),
      headers: () => ({ authorization: "Bearer eyJ.eyJ.AA" }),
      status: 401,
      error: "invalid_client",
      challenge: true,
    },
    {
      what: "in two ways",
      form: (secret) => ({ client_id: "billing", client_secret: secret }),
      headers: (secret) => basic("billing", secret),
      status: 400,
      error: "invalid_request",
    },
    {
      what: "under two names",
      form: () => ({ client_id: "other" }),
      headers: (secret) => basic("billing", secret),
      status: 400,
      error: "invalid_request",
    },
    {
      what: "with a secret and no name",
      form: (secret) => ({ client_secret: secret }),
      status: 400,
      error: "invalid_request",
    },
    {
      what: "with an assertion of another type",
      form: () => ({ client_assertion: "x", client_assertion_type: "saml2" }),
      status: 400,
      error: "invalid_request",
    },
    {
      what: "with a wrong assertion",
      form: () => ({ client_assertion: "x", client_assertion_type: ASSERTION_TYPE }),
      status: 401,
      error: "invalid_client",
    },
    {
      what: "as our own pages",
      form: () => ({ client_id: "countersign-first-party" }),
      status: 401,
      error: "invalid_client",
    },
  ];
  for (const { what, form, headers, status, error, challenge = false } of wrong) {
    it(`${what}, and is refused`, async () => {
      await using start = await startWithClient();
      const { server, secret } = start;
      const answer = await server.post(
        "/oauth2/token",
        { grant_type: "client_credentials", ...form(secret) },
        headers?.(secret),
      );
      expect([answer.status, answer.body.error]).toEqual([status, error]);
      expect(answer.headers.has("www-authenticate")).toBe(challenge);
      expect(server.errors).toEqual([]);
    });
  }

  it("thirty times a minute at the most when it is wrong, and as often as it likes when it is right", async () => {
    await using start = await startWithClient();
    const { server, form } = start;
    const wrong = { ...form, client_secret: "css_x" };
    for (let n = 0; n < 30; n++) {
      expect((await server.post("/oauth2/token", wrong)).status).toBe(401);
    }
    for (const path of ENDPOINTS) {
      const { status, headers, body } = await server.post(path, { ...wrong, token: "x" });
      expect([status, headers.get("retry-after"), body]).toEqual([
        ...[429, "2"],
        {
          error: "temporarily_unavailable",
          error_description: "too many attempts to sign in from this address: wait before the next",
        },
      ]);
    }
    for (let n = 0; n < 40; n++) {
      expect((await server.post("/oauth2/token", form)).status).toBe(200);
    }
  });
});

describe("a parameter", () => {
  it("may not stand twice, but for those that may", async () => {
    await using start = await startWithClient();
    const { server, form } = start;
    const pairs = Object.entries(form);
    for (const name of ["grant_type", "client_secret", "scope", "unknown"]) {
      const twice: Form = [...pairs, [name, "a"], [name, "a"]];
      expect((await server.post("/oauth2/token", twice)).body.error).toBe("invalid_request");
    }
    const targets: Form = [...pairs, ["audience", "tests"], ["audience", "tests"]];
    expect((await server.post("/oauth2/token", targets)).status).toBe(200);
  });

  it("without a value is as if it were not there, and one that is unknown is passed over", async () => {
    await using start = await startWithClient();
    const { server, form } = start;
    const more = { ...form, scope: "", resource: "", client_assertion: "", unknown: "1" };
    const { status, body } = await server.post("/oauth2/token", more);
    expect([status, body.scope]).toEqual([200, "notes:read notes:write"]);
    expect((await server.post("/oauth2/token", { ...form, grant_type: "" })).body.error).toBe(
      "invalid_request",
    );
  });

  it("in the URL is passed over", async () => {
    await using start = await startWithClient();
    const { server, form } = start;
    const { status } = await server.post(`/oauth2/token?${new URLSearchParams(form)}`, {});
    expect(status).toBe(400);
  });
});

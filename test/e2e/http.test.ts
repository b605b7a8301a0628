import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO_ACCOUNT, type ServerProcess, startServer } from "../support/server-process.ts";

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.[Symbol.asyncDispose]());

describe("with nothing but HTTP and JSON", () => {
  test("a call works with a token, and is answered 401 with TOKEN_MISSING without one", async () => {
    const signedIn = await post("countersign.auth.v1.SessionService/SignIn", { password: DEMO_ACCOUNT });
    expect(signedIn.status).toBe(200);
    const { accessToken } = signedIn.body.tokens;
    expect(accessToken.split(".")).toHaveLength(3);

    const note = { title: "by hand", body: "with curl" };
    const written = await post("countersign.demo.v1.NotesService/CreateNote", note, accessToken);
    expect(written).toMatchObject({ status: 200, body: note });

    const refused = await post("countersign.demo.v1.NotesService/CreateNote", note);
    expect(refused.status).toBe(401);
    expect(refused.body.details[0].debug).toEqual({ domain: "countersign", reason: "TOKEN_MISSING" });
    expect(refused.challenge).toMatch(/^Bearer /);
    expect(refused.challenge).not.toContain("error=");
  });

  test("a wrong password and an account that does not exist are answered alike", async () => {
    const attempt = (username: string) =>
      post("countersign.auth.v1.SessionService/SignIn", { password: { username, password: "wrong" } });
    const [known, unknown] = await Promise.all([attempt("demo"), attempt("nobody")]);
    expect(known).toEqual(unknown);
    expect(known.status).toBe(401);
    expect(known.body.details[0].debug.reason).toBe("CREDENTIALS_INVALID");
  });

  test("the keys and the metadata of the issuer are public", async () => {
    const jwks = await getJson("/.well-known/jwks.json");
    expect(jwks.keys[0]).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256" });
    expect(jwks.keys[0]).not.toHaveProperty("d");
    for (const path of ["oauth-authorization-server", "openid-configuration"]) {
      const metadata = await getJson(`/.well-known/${path}`);
      expect(metadata).toMatchObject({
        issuer: server.baseUrl,
        jwks_uri: `${server.baseUrl}/.well-known/jwks.json`,
      });
    }
  });

  test("what does not exist is answered 404, and the page is at /", async () => {
    expect((await fetch(`${server.baseUrl}/countersign.demo.v1.NotesService/Nothing`, POST)).status).toBe(
      404,
    );
    expect((await fetch(`${server.baseUrl}/../package.json`)).status).toBe(404);
    const page = await fetch(server.baseUrl);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>Countersign");
  });
});

const POST = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };

async function post(method: string, message: unknown, token?: string) {
  const response = await fetch(`${server.baseUrl}/${method}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(message),
  });
  const { status, headers } = response;
  return { status, challenge: headers.get("www-authenticate"), body: JSON.parse(await response.text()) };
}

async function getJson(path: string) {
  const response = await fetch(`${server.baseUrl}${path}`);
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

import { Buffer } from "node:buffer";
import { type ClientProof, clientCredentials } from "@countersign/sdk/oidc";
import { decodeJwt, decodeProtectedHeader, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { type FakePaths, metadataOf, type SeenRequest, startFakeProvider } from "./fake-provider.ts";

const { signal } = new AbortController();
const clientId = "service";
type Proof = Exclude<ClientProof, { kind: "none" }>;

function listing(methods: readonly string[] | undefined): FakePaths {
  return {
    "/.well-known/openid-configuration": (_request, issuer) =>
      metadataOf(issuer, { token_endpoint_auth_methods_supported: methods }),
  };
}

async function sent(proof: Proof, paths: FakePaths = {}, id = clientId): Promise<SeenRequest> {
  await using provider = await startFakeProvider(paths);
  await clientCredentials({ issuer: provider.issuer, clientId: id, proof }).acquire?.(signal);
  const [request] = provider.seenAt("/token");
  if (request === undefined) {
    throw new Error("no request came");
  }
  return request;
}

function basicOf({ authorization = "" }: SeenRequest): string {
  return Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString("utf8");
}

/** What a form decoder makes of a part, as RFC 6749 §2.3.1 wants it. */
function decode(part: string): string {
  return decodeURIComponent(part.replaceAll("+", " "));
}

const PLAIN_SECRETS = notEmpty(["aZ09-_.~!*'()", "/$&=?@#;,:", "a/b$c-d_e.f", '"\\{}[]<>^`|']);

test.each(PLAIN_SECRETS)("a secret that no form decoder changes is sent as it is: %s", async (secret) => {
  expect(basicOf(await sent({ kind: "secret", secret }))).toBe(`service:${secret}`);
  expect(decode(secret)).toBe(secret);
});

const ENCODED_SECRETS = notEmpty([
  ["a+b/c$d", "a%2Bb/c$d"],
  ["100%", "100%25"],
  ["%2B", "%252B"],
  ["two words", "two%20words"],
  ["schlüssel😀", "schl%C3%BCssel%F0%9F%98%80"],
] as const);

test.each(ENCODED_SECRETS)(
  "of a secret that a form decoder would change, no more is encoded: %s",
  async (secret, text) => {
    expect(basicOf(await sent({ kind: "secret", secret }))).toBe(`service:${text}`);
    expect(decode(text)).toBe(secret);
  },
);

test("a colon in the client's identifier does not begin the secret", async () => {
  const request = await sent({ kind: "secret", secret: "a:b" }, {}, "urn:acme:service");
  expect(basicOf(request)).toBe("urn%3Aacme%3Aservice:a:b");
});

const CHOICES = notEmpty([
  { listed: undefined, method: "client_secret_basic" },
  { listed: ["client_secret_post", "client_secret_basic"], method: "client_secret_basic" },
  { listed: ["client_secret_post", "private_key_jwt"], method: "client_secret_post" },
  { listed: ["client_secret_jwt", "none"], method: "client_secret_jwt" },
] as const);

function methodOf({ authorization, form }: SeenRequest): string {
  if (authorization !== undefined) {
    return form.client_secret === undefined ? "client_secret_basic" : "both";
  }
  return form.client_secret === undefined ? "client_secret_jwt" : "client_secret_post";
}

test.each(CHOICES)("of $listed the source takes $method", async ({ listed, method }) => {
  const secret = "secret/+";
  const request = await sent({ kind: "secret", secret }, listing(listed));
  expect(methodOf(request)).toBe(method);
  expect(request.form.client_secret ?? secret).toBe(secret);
});

test("the caller's method goes before the list", async () => {
  const proof = { kind: "secret", secret: "secret", method: "client_secret_post" } as const;
  expect(methodOf(await sent(proof, listing(["client_secret_basic"])))).toBe("client_secret_post");
});

test("a provider that lists nothing for a secret is a mistake in the set-up that names the option", async () => {
  const failure = sent({ kind: "secret", secret: "secret" }, listing(["private_key_jwt"]));
  await expect(failure).rejects.toMatchObject({
    kind: "config",
    message: "the provider's metadata list no way to send a secret: proof.method sets one",
  });
});

test("a signed assertion is for the issuer, or whom the caller says, under the certificate that it names", async () => {
  const { privateKey: key } = await generateKeyPair("ES256");
  const plain = (await sent({ kind: "private_key", key, keyId: "k1" })).form.client_assertion ?? "";
  expect(decodeJwt(plain).aud).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(decodeProtectedHeader(plain)).toMatchObject({ alg: "ES256", kid: "k1" });
  const audience = "https://login.example/token";
  const certificateThumbprint = "dGh1bWJwcmludA";
  const told = await sent({ kind: "private_key", key, audience, certificateThumbprint });
  expect(decodeJwt(told.form.client_assertion ?? "").aud).toBe(audience);
  expect(decodeProtectedHeader(told.form.client_assertion ?? "")["x5t#S256"]).toBe(certificateThumbprint);
});

test("an assertion of another issuer is asked for with every request", async () => {
  await using provider = await startFakeProvider();
  let count = 0;
  const assertion = async () => {
    count += 1;
    return `projected-${count}\n`;
  };
  const source = clientCredentials({
    issuer: provider.issuer,
    clientId,
    proof: { kind: "assertion", assertion },
  });
  await source.acquire?.(signal);
  await source.acquire?.(signal);
  const forms = provider.seenAt("/token").map(({ form }) => form);
  expect(forms).toEqual(
    ["projected-1", "projected-2"].map((client_assertion) => ({
      grant_type: "client_credentials",
      client_id: clientId,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion,
    })),
  );
});

test("a refused client is named, with how it proved itself and the option that changes that", async () => {
  const refusal = () => ({ status: 400, body: { error: "invalid_client" } });
  const failure = sent({ kind: "secret", secret: "wrong-secret" }, { "/token": refusal });
  await expect(failure).rejects.toMatchObject({
    kind: "config",
    message:
      'the provider does not accept the client "service", which came with client_secret_basic; proof.method sets another',
  });
});

const MISTAKES = notEmpty([
  [{ kind: "password" }, "proof.kind must be one of none, secret, private_key, assertion"],
  [{ kind: "__proto__" }, "proof.kind must be one of none, secret, private_key, assertion"],
  [{ kind: "secret" }, "proof.secret must be a text that is not empty"],
  [{ kind: "secret", secret: "" }, "proof.secret must be a text that is not empty"],
  [
    { kind: "secret", secret: "s", method: "toString" },
    "proof.method must be one of client_secret_basic, client_secret_post, client_secret_jwt",
  ],
  [
    { kind: "secret", secret: "s", methd: "client_secret_post" },
    "proof has no option methd: did you mean method?",
  ],
  [{ kind: "private_key", key: {}, keyID: "k1" }, "proof has no option keyID: did you mean keyId?"],
  [
    { kind: "assertion", assertion: "text" },
    "proof.assertion must be a function that answers with an assertion",
  ],
] as const);

test.each(MISTAKES)("a proof %j is refused when the source is made", (proof, message) => {
  // What a program without types may hand over: hence the cast.
  const wrong = proof as unknown as Proof;
  expect(() => clientCredentials({ issuer: "https://login.example", clientId, proof: wrong })).toThrow(
    new TypeError(message),
  );
});

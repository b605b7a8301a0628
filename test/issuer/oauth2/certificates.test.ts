import type { ClientCertificate } from "@countersign/server";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import type { ClientCertificateRule } from "../../../server/issuer/src/store/client-certificate-rule.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type OwnIssuer, startOwnIssuer } from "../../support/own-issuer.ts";

const OWN = "A".repeat(43);

/** A certificate that an authority has signed. */
const certificate: ClientCertificate = {
  thumbprint: OWN,
  isVerified: true,
  subject: "CN=billing,O=Acme",
  san: {
    uri: ["spiffe://acme.example/billing"],
    dns: ["billing.acme.example"],
    email: ["b@acme.example"],
    ip: [],
  },
};
/** The same names, by nobody's word but that of their owner. */
const selfMade: ClientCertificate = { ...certificate, isVerified: false };
const replaced: ClientCertificate = { ...certificate, thumbprint: "B".repeat(43) };

const CLIENTS: Readonly<Record<string, ClientCertificateRule>> = {
  subject: { kind: "subject", name: "CN=billing,O=Acme" },
  uri: { kind: "uri", name: "spiffe://acme.example/billing" },
  dns: { kind: "dns", name: "Billing.Acme.example" },
  email: { kind: "email", name: "b@acme.example" },
  certificates: { kind: "certificates", thumbprints: [OWN] },
  another: { kind: "uri", name: "spiffe://acme.example/another" },
};

/** Start an issuer with a client for each rule, one with a secret, and one that is disabled. */
async function start(): Promise<OwnIssuer> {
  const own = await startOwnIssuer();
  const client = { scopes: [], roles: [], grants: ["client_credentials"], mayIntrospect: false };
  for (const [clientId, rule] of Object.entries(CLIENTS)) {
    await own.issuer.clients.create({ ...client, clientId, certificate: rule });
  }
  await own.issuer.clients.create({ ...client, clientId: "with-secret" });
  await own.issuer.clients.create({
    ...client,
    clientId: "disabled",
    certificate: { kind: "certificates", thumbprints: [OWN] },
  });
  await own.issuer.clients.disable("disabled");
  return own;
}

/** Ask for a token over a connection with a certificate, or with none. */
async function ask(
  { issuer }: OwnIssuer,
  clientId: string,
  shown: ClientCertificate | undefined,
  more: Readonly<Record<string, string>> = {},
) {
  const form = { grant_type: "client_credentials", client_id: clientId, ...more };
  const request = new Request("https://mtls.example/oauth2/token", {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const response = await issuer.endpoints["/oauth2/token"]?.(request, {
    peer: "192.0.2.1",
    certificate: shown,
  });
  const body: Readonly<Record<string, unknown>> = await response?.json();
  return { status: response?.status, body };
}

describe("a client that proves itself by a certificate (RFC 8705 §2)", () => {
  it("gets tokens that are bound to the certificate that it shows, and only over it", async () => {
    await using own = await start();
    const good = notEmpty([
      ...["subject", "uri", "dns", "email", "certificates"].map((clientId) => ({
        clientId,
        shown: certificate,
      })),
      { clientId: "certificates", shown: selfMade },
      { clientId: "uri", shown: replaced },
    ]);
    for (const { clientId, shown } of good) {
      const { status, body } = await ask(own, clientId, shown);
      expect([clientId, status, body.token_type]).toEqual([clientId, 200, "Bearer"]);
      expect(decodeJwt(String(body.access_token)).cnf).toEqual({ "x5t#S256": shown.thumbprint });
    }
    const bad = notEmpty([
      ...Object.keys(CLIENTS).map((clientId) => ({ clientId, shown: undefined })),
      ...["subject", "uri", "dns", "email"].map((clientId) => ({ clientId, shown: selfMade })),
      ...["another", "with-secret", "disabled", "nobody"].map((clientId) => ({
        clientId,
        shown: certificate,
      })),
      { clientId: "certificates", shown: replaced },
    ]);
    for (const { clientId, shown } of bad) {
      const { status, body } = await ask(own, clientId, shown);
      expect([clientId, status, body.error]).toEqual([clientId, 401, "invalid_client"]);
    }
  });

  it("names itself, and proves itself in no other way beside", async () => {
    await using own = await start();
    expect(await ask(own, "", certificate)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    const both = await ask(own, "uri", certificate, { client_secret: "x" });
    expect(both).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await ask(own, "countersign-first-party", certificate)).toMatchObject({ status: 401 });
  });

  const wrong = notEmpty<readonly ClientCertificateRule[]>([
    { kind: "uri", name: "" },
    { kind: "subject", name: "CN=a\n" },
    { kind: "certificates", thumbprints: [] },
    { kind: "certificates", thumbprints: ["AA:BB"] },
    { kind: "certificates", thumbprints: Array.from({ length: 17 }, () => OWN) },
  ]);

  it("is not added with a rule that nothing can match", async () => {
    await using own = await startOwnIssuer();
    const client = {
      clientId: "x",
      scopes: [],
      roles: [],
      grants: ["client_credentials"],
      mayIntrospect: false,
    };
    for (const rule of wrong) {
      await expect(own.issuer.clients.create({ ...client, certificate: rule })).rejects.toThrow(
        /certificate/,
      );
    }
    const two = { jwks: '{"keys":[]}', certificate: { kind: "uri", name: "u" } } as const;
    await expect(own.issuer.clients.create({ ...client, ...two })).rejects.toThrow("one of these only");
  });
});

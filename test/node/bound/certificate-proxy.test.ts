import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { reasonOf } from "@countersign/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type Serving, serveHandler } from "../serving.ts";
import {
  billing,
  type Caller,
  clientsOf,
  createBoundAuth,
  echo,
  eve,
  selfMade,
  server,
  thumbprintOf,
  tokenOf,
  type Way,
} from "./bound-server.ts";
import { type CertificateProxy, HAPROXY, startHaproxy } from "./proxied.ts";

const SPOOFS = 100;
const token = tokenOf(billing);
const header = `:${new X509Certificate(billing.cert).raw.toString("base64")}:`;

async function outcomeOf(origin: string, caller: Caller, way: Way = "grpc"): Promise<string | undefined> {
  try {
    return (await clientsOf(origin, way, caller).echo.bound(echo)).text;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Send the certificate of another client in the header, again and again over one connection. */
async function spoof(origin: string, caller: Caller): Promise<ReadonlySet<string | undefined>> {
  const { echo: client } = clientsOf(origin, "grpc", { ...caller, headers: { "client-cert": header } });
  const outcomes = new Set<string | undefined>();
  for (let sent = 0; sent < SPOOFS; sent += 50) {
    const calls = Array.from({ length: 50 }, () => client.bound(echo).then(({ text }) => text, reasonOf));
    (await Promise.all(calls)).forEach((outcome) => {
      outcomes.add(outcome);
    });
  }
  return outcomes;
}

test("a header that comes from no proxy gives no client the certificate of another, however often", async () => {
  const { auth } = createBoundAuth({
    clientCertificates: { header: "client-cert", proxies: ["10.0.0.0/8"] },
  });
  const tls = { ...server, requestCert: true, rejectUnauthorized: false };
  await using serving = await serveHandler(buildRequestListener({ ...auth }), { tls });
  expect(await spoof(serving.origin, { certificate: eve, token })).toEqual(new Set(["TOKEN_INVALID"]));
  expect(await outcomeOf(serving.origin, { certificate: billing, token })).toBe(thumbprintOf(billing));
});

test("a header that is not what RFC 9440 says is refused, and no handler sees one", async () => {
  const seen: (string | null)[] = [];
  const { auth } = createBoundAuth({
    clientCertificates: { header: "client-cert", proxies: ["127.0.0.1"] },
    interceptors: [
      (next) => (req) => {
        seen.push(req.header.get("client-cert"));
        return next(req);
      },
    ],
  });
  await using serving = await serveHandler(buildRequestListener({ ...auth }));
  const by = (value: string) => outcomeOf(serving.origin, { token, headers: { "client-cert": value } });
  expect(await by(header)).toBe(thumbprintOf(billing));
  expect(await by(`${header}, ${header}`)).toBe("TOKEN_INVALID");
  expect(await by(encodeURIComponent(billing.cert))).toBe("TOKEN_INVALID");
  expect(seen).toEqual([null]);
});

describe.runIf(existsSync(HAPROXY))("behind HAProxy, which sends certificates on", () => {
  let serving: Serving;
  let proxy: CertificateProxy;

  beforeAll(async () => {
    const clientCertificates = { header: "client-cert", proxies: ["127.0.0.1"], areVerified: true };
    serving = await serveHandler(buildRequestListener({ ...createBoundAuth({ clientCertificates }).auth }));
    proxy = await startHaproxy(serving.port);
  });

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await serving?.[Symbol.asyncDispose]();
  });

  test.each(notEmpty(["grpc", "connect, HTTP/1.1", "connect, HTTP/2", "grpc-web"] as const))(
    "a bound token is taken from its own client only, over %s",
    async (way) => {
      expect(await outcomeOf(proxy.origin, { certificate: billing, token }, way)).toBe(thumbprintOf(billing));
      expect(await outcomeOf(proxy.origin, { certificate: eve, token }, way)).toBe("TOKEN_INVALID");
      expect(await outcomeOf(proxy.origin, { token }, way)).toBe("TOKEN_INVALID");
    },
  );

  test("rules see the names of the certificate", async () => {
    const mesh = (caller: Caller) =>
      clientsOf(proxy.origin, "grpc", { ...caller, token: tokenOf() })
        .echo.mesh(echo)
        .then(({ text }) => text, reasonOf);
    expect(await mesh({ certificate: billing })).toBe(thumbprintOf(billing));
    expect(await mesh({ certificate: eve })).toBe("POLICY_DENIED");
    expect(await mesh({})).toBe("POLICY_DENIED");
  });

  test("a client that writes the header itself is not believed, however often", async () => {
    expect(await spoof(proxy.origin, { token })).toEqual(new Set(["TOKEN_INVALID"]));
    expect(await spoof(proxy.origin, { certificate: eve, token })).toEqual(new Set(["TOKEN_INVALID"]));
    expect(await outcomeOf(proxy.origin, { certificate: selfMade, token })).not.toBe(thumbprintOf(billing));
  });
});

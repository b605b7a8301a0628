import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Access, OnExpiry } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { afterAll, describe, expect, test } from "vitest";
import { goodProof, HOSTILE_PROOFS, ownKey } from "../gate/binding/hostile-proofs.ts";
import { seenIn } from "../gate/connect/fixtures.ts";
import { createEchoAuth, startEchoServers } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { notEmpty } from "../support/not-empty.ts";
import { thumbprintOf } from "../support/proofs.ts";
import { issuers, own, revocations } from "./issuers.ts";

const AUTHENTICATED = { access: Access.AUTHENTICATED };
const RENEW = { ...AUTHENTICATED, stream: { onExpiry: OnExpiry.RENEW } };
const service = echoService({
  Unary: { policy: AUTHENTICATED },
  Client: { policy: AUTHENTICATED, kind: "client_streaming" },
  Server: { policy: RENEW, kind: "server_streaming" },
  Bidi: { policy: AUTHENTICATED, kind: "bidi_streaming" },
  Get: { policy: AUTHENTICATED, isReadOnly: true },
});

/** Not where the server listens: what proofs name is what it was told. */
const PUBLIC_URL = "https://api.example.com/rpc";
const token = own({ cnf: { jkt: thumbprintOf(ownKey) } });
const unbound = own();

const echo = createEchoAuth(service, { issuers, revocations, publicUrls: [PUBLIC_URL] });
const servers = await startEchoServers(echo.auth);
afterAll(() => servers[Symbol.asyncDispose]());

/** Each kind of call tries its share of the proofs: a unit test tries all, and so does this one where it is told to. */
const SHARES = process.env.EVERY_HOSTILE_PROOF === "1" ? 1 : 7;

/** What the next call is sent with. */
let sent: Readonly<Record<string, string>> = {};
const send: Interceptor = (next) => (req) => {
  for (const [name, value] of Object.entries(sent)) {
    req.header.set(name, value);
  }
  return next(req);
};

const interceptors = [send];
const http1 = {
  baseUrl: `http://127.0.0.1:${servers.http1Port}`,
  httpVersion: "1.1" as const,
  interceptors,
};
const http2 = {
  baseUrl: `http://127.0.0.1:${servers.http2Port}`,
  httpVersion: "2" as const,
  interceptors,
};
const PROTOCOLS: Readonly<Record<string, Transport>> = {
  Connect: createConnectTransport(http2),
  gRPC: createGrpcTransport(http2),
  "gRPC-Web": createGrpcWebTransport(http2),
  "Connect over HTTP/1.1": createConnectTransport(http1),
};

async function* oneMessage() {
  yield { text: "x" };
}

async function readAll(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answers) {
  }
}

/** Calls of every kind, each by the path of its method. */
function callsOf(transport: Transport): Readonly<Record<string, () => Promise<unknown>>> {
  const client = createClient(service, transport);
  const run = client as unknown as Readonly<Record<string, (message: unknown) => Promise<unknown>>>; // each method is there
  const read = client as unknown as Readonly<Record<string, (message: unknown) => AsyncIterable<unknown>>>; // as above
  return {
    "/test.v1.EchoService/Unary": async () => run.unary?.({}),
    "/test.v1.EchoService/Client": async () => run.client?.(oneMessage()),
    "/test.v1.EchoService/Server": async () => readAll(read.server?.({}) ?? oneMessage()),
    ...(transport === PROTOCOLS["Connect over HTTP/1.1"]
      ? {}
      : { "/test.v1.EchoService/Bidi": async () => readAll(read.bidi?.(oneMessage()) ?? oneMessage()) }),
    "/countersign.auth.v1.StreamService/Renew": async () =>
      createClient(StreamService, transport).renew({ streamIds: ["none"] }),
  };
}

async function refusalOf(call: () => Promise<unknown>) {
  try {
    await call();
  } catch (error) {
    return { ...seenIn(error), detail: echo.events.at(-1)?.detail };
  }
  return { reason: "passed" };
}

const withProof = (proof: string) => ({ authorization: `DPoP ${token}`, dpop: proof });

for (const [protocol, transport] of notEmpty(Object.entries(PROTOCOLS))) {
  describe(protocol, () => {
    for (const [path, call] of notEmpty(Object.entries(callsOf(transport)))) {
      const target = { publicUrl: PUBLIC_URL, path, token };

      test(`${path} takes a good proof, and no other`, async () => {
        sent = withProof(goodProof(target));
        expect(await refusalOf(call)).toEqual({ reason: "passed" });
        for (const [what, make, rule] of notEmpty(
          HOSTILE_PROOFS.filter((_, at) => (at + path.length) % SHARES === 0),
        )) {
          sent = withProof(make(target));
          expect({ what, ...(await refusalOf(call)) }).toMatchObject({
            what,
            reason: "DPOP_PROOF_INVALID",
            message: "the DPoP proof is not valid",
            challenge: expect.stringMatching(
              /^DPoP realm="countersign", error="invalid_dpop_proof".* algs="ES256 /,
            ),
            detail: rule,
          });
        }
        expect(echo.errors).toEqual([]);
      });

      const good = () => goodProof(target);
      const SENDERS: readonly (readonly [what: string, fields: () => typeof sent, detail: string])[] = [
        [
          "a stolen token as a bearer token",
          () => ({ authorization: `Bearer ${token}` }),
          "the token is bound to a key and was sent as a bearer token",
        ],
        [
          "the same, and a good proof",
          () => ({ authorization: `Bearer ${token}`, dpop: good() }),
          "the token is bound to a key and was sent as a bearer token",
        ],
        [
          "a token of no key with a proof",
          () => ({ authorization: `DPoP ${unbound}`, dpop: good() }),
          "the token is bound to no key and was sent with a DPoP proof",
        ],
        [
          "a bound token without a proof",
          () => ({ authorization: `dpop ${token}` }),
          "the call needs a DPoP proof",
        ],
      ];
      test(`${path} is closed to another sender`, async () => {
        for (const [what, fields, detail] of SENDERS) {
          sent = fields();
          expect({ what, ...(await refusalOf(call)) }).toMatchObject({ what, code: 16, detail });
        }
        const proof = good();
        sent = withProof(proof);
        expect(await refusalOf(call)).toEqual({ reason: "passed" });
        expect(await refusalOf(call)).toMatchObject({ detail: "the DPoP proof was used before" });
      });
    }
  });
}

test("a call with GET needs a proof for GET", async () => {
  const transport = createConnectTransport({ ...http1, useHttpGet: true });
  const client = createClient(service, transport) as unknown as Record<
    string,
    (message: unknown) => Promise<unknown>
  >;
  const call = async () => client.get?.({});
  const target = { publicUrl: PUBLIC_URL, path: "/test.v1.EchoService/Get", token };
  sent = withProof(goodProof(target));
  expect(await refusalOf(call)).toMatchObject({ detail: "claim htm is not the method of the request" });
  sent = withProof(goodProof(target, { htm: "GET", htu: `${PUBLIC_URL}${target.path}?encoding=json` }));
  expect(await refusalOf(call)).toMatchObject({ detail: "claim htu is not the URL of the call" });
  sent = withProof(goodProof(target, { htm: "GET" }));
  expect(await refusalOf(call)).toEqual({ reason: "passed" });
});

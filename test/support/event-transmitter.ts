import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { craftToken, createSigningKey, type SigningKey } from "./tokens.ts";

export const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
export const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
export const SSF = "https://schemas.openid.net/secevent/ssf/event-type/";

/** The stream that it has, and the credential of its receiver: a token, which the client of this secret is granted, too. */
export const STREAM_ID = "stream-1";
export const POLL_AUTHORIZATION = "Bearer a-credential-of-the-tests";
const CLIENT_AUTHORIZATION = `Basic ${btoa("receiver:of-the-client")}`;

/** What an event says. */
export interface EventToSign {
  /** The URI of its type. */
  readonly type: string;
  /** What stands under it. Default: nothing. */
  readonly event?: object;
  readonly subject: object;
  /** Claims in place of those that it would have. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Default: its own. */
  readonly key?: SigningKey;
}

/** A transmitter of the Shared Signals Framework, which signs events, pushes them, and lets them be polled. */
export interface EventTransmitter extends AsyncDisposable {
  /** Claim `iss` of its events, and where it is. */
  readonly name: string;
  readonly key: SigningKey;
  sign(event: EventToSign): string;
  /** Let an event be polled. */
  publish(token: string): void;
  /** Push an event, as RFC 8935 says. */
  push(url: string, token: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** What was acknowledged, and what was refused, by the names of their tokens. */
  readonly acknowledged: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, unknown>;
  /** What waits to be acknowledged. */
  readonly waiting: number;
  /** The issuer that grants tokens to its receiver, and the forms of the requests for them. */
  readonly origin: string;
  readonly grants: readonly string[];
  /** What verification was asked for. */
  readonly verifications: readonly { readonly stream_id: string; readonly state: string }[];
}

/** Start a transmitter on a free port. @param audience claim `aud` of its events */
export async function startEventTransmitter(audience: string): Promise<EventTransmitter> {
  const key = createSigningKey("ES256", "events-1");
  const stream = createStream();
  const verifications: { readonly stream_id: string; readonly state: string }[] = [];
  const grants: string[] = [];
  const http = createServer((req, res) => void answer(req, res));
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`; // it listens on TCP
  const name = `${origin}/ssf`;

  const sign = ({ type, event = {}, subject, claims, header, key: by = key }: EventToSign): string => {
    const payload = {
      iss: name,
      aud: audience,
      iat: Math.floor(Date.now() / 1_000),
      jti: randomUUID(),
      txn: randomUUID(),
      sub_id: subject,
      events: { [type]: event },
      ...claims,
    };
    return craftToken({ alg: by.algorithm, typ: "secevent+jwt", kid: by.kid, ...header }, payload, by.sign);
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const text = await readText(req);
    if (req.url === "/.well-known/oauth-authorization-server") {
      res.end(JSON.stringify({ issuer: origin, token_endpoint: `${origin}/token` }));
      return;
    }
    if (req.url === "/token") {
      grants.push(text);
      const access_token = POLL_AUTHORIZATION.slice("Bearer ".length);
      const isClient = req.headers.authorization === CLIENT_AUTHORIZATION;
      res.end(JSON.stringify(isClient ? { access_token, expires_in: 60 } : {}));
      return;
    }
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (req.url === "/.well-known/ssf-configuration/ssf") {
      const endpoints = { jwks_uri: `${name}/jwks`, verification_endpoint: `${name}/verify` };
      res.end(JSON.stringify({ spec_version: "1_0", issuer: name, ...endpoints }));
    } else if (req.url === "/ssf/jwks") {
      res.end(JSON.stringify({ keys: [key.jwk] }));
    } else if (req.headers.authorization !== POLL_AUTHORIZATION) {
      res.writeHead(401).end();
    } else if (req.url === "/ssf/poll") {
      stream.answerPoll(body as PollBody, res); // as the receiver of the tests sends it
    } else {
      const asked = body as { stream_id: string; state: string }; // likewise
      verifications.push(asked);
      const subject = { format: "opaque", id: asked.stream_id };
      stream.publish(sign({ type: `${SSF}verification`, event: { state: asked.state }, subject }));
      res.writeHead(204).end();
    }
  }

  return {
    name,
    key,
    sign,
    publish: (token) => stream.publish(token),
    push: (url, token, headers = {}) =>
      fetch(url, {
        method: "POST",
        headers: { "content-type": "application/secevent+jwt", accept: "application/json", ...headers },
        body: token,
      }),
    acknowledged: stream.acknowledged,
    refused: stream.refused,
    get waiting() {
      return stream.waiting.size;
    },
    verifications,
    origin,
    grants,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

interface PollBody {
  readonly maxEvents: number;
  readonly ack: readonly string[];
  readonly setErrs: Readonly<Record<string, unknown>>;
}

/** What is published until it is acknowledged, or refused (RFC 8936). */
function createStream() {
  const waiting = new Map<string, string>();
  const acknowledged = new Set<string>();
  const refused = new Map<string, unknown>();
  const held = new Set<() => void>();
  return {
    waiting,
    acknowledged,
    refused,
    publish(token: string): void {
      waiting.set(jtiOf(token), token);
      for (const answer of held) {
        answer();
      }
    },
    /** Answer at once where there is something, and else as soon as there is. */
    answerPoll({ maxEvents, ack, setErrs }: PollBody, res: ServerResponse): void {
      for (const id of ack) {
        waiting.delete(id);
        acknowledged.add(id);
      }
      for (const [id, error] of Object.entries(setErrs)) {
        waiting.delete(id);
        refused.set(id, error);
      }
      const answer = (): void => {
        held.delete(answer);
        const sets = Object.fromEntries([...waiting].slice(0, maxEvents));
        res.end(JSON.stringify({ sets, moreAvailable: waiting.size > maxEvents }));
      };
      if (waiting.size > 0) {
        answer();
        return;
      }
      held.add(answer);
      res.on("close", () => held.delete(answer));
    },
  };
}

function jtiOf(token: string): string {
  const [, payload = ""] = token.split(".");
  const { jti } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { jti: string }; // its own
  return jti;
}

async function readText(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req) {
    parts.push(part as Buffer); // a request without an encoding has bytes
  }
  return Buffer.concat(parts).toString();
}

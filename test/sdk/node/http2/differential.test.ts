import type { Transport } from "@connectrpc/connect";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { afterAll, describe, expect, test } from "vitest";
import { notEmpty } from "../../../support/not-empty.ts";
import { BODY_CASES } from "./cases/bodies.ts";
import { COMPRESSION_CASES } from "./cases/compression.ts";
import { CONNECT_STREAM_CASES } from "./cases/connect-streams.ts";
import { CONNECT_UNARY_CASES } from "./cases/connect-unary.ts";
import { HEAD_CASES } from "./cases/heads.ts";
import { REQUEST_CASES } from "./cases/requests.ts";
import { STATUS_CASES } from "./cases/statuses.ts";
import { callAndNote } from "./outcome.ts";
import { overConnect } from "./over-connect.ts";
import { type Case, KINDS, type Kind, type TransportOptions } from "./script.ts";
import { startScriptedServer } from "./scripted-server.ts";

// Connect's transport and the one of this package give the same, wherever a caller or a server can see it.

const tables = {
  statuses: STATUS_CASES,
  "beginnings of answers": HEAD_CASES,
  "bodies of answers": BODY_CASES,
  requests: REQUEST_CASES,
  compression: COMPRESSION_CASES,
  "requests of Connect": REQUEST_CASES.map(overConnect),
  "compression of Connect": COMPRESSION_CASES.map(overConnect),
  "answers of Connect with one message": CONNECT_UNARY_CASES,
  "streams of Connect": CONNECT_STREAM_CASES,
} as const;

const exchanges = Object.values(tables).flatMap((cases) => cases.flatMap(exchangesOf));
const scripts = new Map(exchanges.map(({ key, script }) => [key, script]));

const sides = await Promise.all([openSide(true), openSide(false)]);
const [fast, slow] = sides;
afterAll(() => Promise.all(sides.map(({ close }) => close())));

for (const [table, cases] of Object.entries(tables)) {
  describe(table, () => {
    test.each(notEmpty(cases.flatMap(exchangesOf)))("$key", async (exchange) => {
      const expected = await slow.run(exchange);
      expect(await fast.run(exchange)).toEqual(expected);
    });
  });
}

test("there are enough of them", () => {
  expect(scripts.size).toBe(exchanges.length);
  expect(scripts.size).toBeGreaterThanOrEqual(300);
});

interface ExchangeCase extends Case {
  readonly key: string;
  readonly kind: Kind;
}

function exchangesOf(one: Case): readonly ExchangeCase[] {
  return (one.kinds ?? KINDS).map((kind) => ({ ...one, kind, key: `${kind} ${one.name}` }));
}

async function openSide(fastPath: boolean) {
  const server = await startScriptedServer(scripts);
  const { baseUrl } = server;
  const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
  const transports = new Map<TransportOptions | undefined, Transport>();
  const transportOf = (options: TransportOptions | undefined): Transport => {
    const transport =
      transports.get(options) ?? createNodeTransport({ baseUrl, session, fastPath, ...options });
    transports.set(options, transport);
    return transport;
  };
  return {
    async run({ key, kind, isCutShort = false, options, ...behaviour }: ExchangeCase) {
      const outcome = await callAndNote(transportOf(options), kind, { ...behaviour, script: key });
      return { outcome, request: isCutShort ? undefined : await server.seen.get(key) };
    },
    async close() {
      session.dispose();
      await server[Symbol.asyncDispose]();
    },
  };
}

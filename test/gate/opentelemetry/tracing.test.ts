import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import {
  createTraceObserver,
  traceFetch,
  traceHandler,
} from "../../../server/gate/src/opentelemetry/index.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { buildRequestListener, type HttpHandler, listen } from "../../../server/node/src/index.ts";
import { ADA, inFolder, serve } from "../../issuer/create-issuer/own-issuer.ts";
import { type RecordedSpan, type RecordedTraces, recordTraces } from "../../support/recorded-traces.ts";
import { clientOf, type Protocol } from "../../support/rpc.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
const credential = { case: "password", value: { username: ADA.username, password: ADA.password } } as const;

/** A server with an issuer and an account, all of whose requests are traced. */
async function startTraced(endUser?: "none" | "subject") {
  await using stack = new AsyncDisposableStack();
  const traces: RecordedTraces = stack.use(recordTraces());
  const folder = stack.use(await createTemporaryFolder());
  const observe = createTraceObserver({ endUser });
  const issuer = stack.use(await createIssuer(inFolder(folder.path, { observe })));
  const { subject } = await issuer.accounts.create(ADA);
  const { auth } = serve(issuer, { observe, logRefusals: false });
  const listener = await listen(traceHandler(buildRequestListener(auth)));
  stack.defer(() => listener.close(0));
  const kept = stack.move();
  return {
    baseUrl: listener.origin,
    auth,
    subject,
    /** End the server, and with it all spans. */
    async ended(): Promise<readonly RecordedSpan[]> {
      await listener.close(0);
      return traces.spans.filter(({ traceId }) => traceId === TRACE);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

describe("a request that is traced", () => {
  const protocols: readonly Protocol[] = ["connect", "grpc", "grpc-web"];
  test.each(protocols)("over %s is one trace with its caller, down to the store", async (protocol) => {
    await using server = await startTraced();
    const client = clientOf(SessionService, { ...server, protocol });
    const { tokens } = await client.signIn({ credential }, { headers });
    await client.refresh(
      { refreshToken: tokens?.refreshToken ?? "", refreshId: "r".repeat(22) },
      { headers },
    );
    const spans = await server.ended();
    const requests = spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(requests.map(({ name }) => name)).toEqual([
      "countersign.auth.v1.SessionService/SignIn",
      "countersign.auth.v1.SessionService/Refresh",
    ]);
    expect(requests.map(({ parentId }) => parentId)).toEqual([CALLER, CALLER]);
    const [signIn, refresh] = requests;
    expect(signIn?.attributes).toMatchObject({
      "rpc.system": protocol === "connect" ? "connect_rpc" : "grpc",
      "rpc.service": "countersign.auth.v1.SessionService",
      "rpc.method": "SignIn",
      "http.response.status_code": 200,
      "enduser.pseudo.id": expect.stringMatching(/./),
    });
    expect(signIn?.events).toContainEqual({ name: "countersign.sign_in", attributes: {} });
    const childrenOf = (parent: RecordedSpan | undefined): readonly string[] =>
      spans.filter(({ parentId }) => parentId === parent?.spanId).map(({ name }) => name);
    expect(childrenOf(signIn)).toEqual(
      expect.arrayContaining(["countersign.decide", "select accounts", "insert sessions"]),
    );
    expect(childrenOf(refresh)).toEqual(
      expect.arrayContaining(["countersign.decide", "countersign.refresh", "update sessions"]),
    );
    expect(spans.every(({ startMs, endMs }) => Number.isNaN(startMs) || startMs <= endMs)).toBe(true);
    expect(JSON.stringify(spans)).not.toMatch(/eyJ|csr_|correct horse|"ada"/);
    expect(JSON.stringify(spans)).not.toContain(server.subject);
  });

  test("that is refused says why, and takes no name from its path", async () => {
    await using server = await startTraced();
    await clientOf(SessionService, { ...server, protocol: "connect" })
      .whoAmI({}, { headers })
      .catch(() => undefined);
    await fetch(`${server.baseUrl}/my.Own/Name`, { method: "POST", headers });
    const [decision, refused, unknown] = await server.ended();
    expect(decision?.attributes).toEqual({
      "rpc.service": "countersign.auth.v1.SessionService",
      "rpc.method": "WhoAmI",
      "countersign.result": "denied",
      "countersign.reason": "TOKEN_MISSING",
      "countersign.decided_by": "gate",
      "countersign.cache": "none",
    });
    expect(refused).toMatchObject({
      name: "countersign.auth.v1.SessionService/WhoAmI",
      attributes: { "http.response.status_code": 401 },
      isFailed: false,
    });
    expect(unknown).toMatchObject({ name: "POST", attributes: { "http.response.status_code": 404 } });
  });

  test.each([
    ["subject", true, true],
    ["none", false, false],
  ] as const)("says of the user what %s asks for", async (endUser, hasPseudonym, hasSubject) => {
    await using server = await startTraced(endUser);
    await clientOf(SessionService, { ...server, protocol: "connect" }).signIn({ credential }, { headers });
    const request = (await server.ended()).find(({ kind }) => kind === SpanKind.SERVER);
    expect("enduser.pseudo.id" in (request?.attributes ?? {})).toBe(hasPseudonym);
    expect(request?.attributes["enduser.id"]).toBe(hasSubject ? server.subject : undefined);
  });

  test("of the web is the same", async () => {
    await using server = await startTraced();
    const handle = traceFetch(createFetchHandler(server.auth));
    const url = "http://127.0.0.1/countersign.auth.v1.SessionService/WhoAmI";
    const body = { method: "POST", body: "{}", headers: { ...headers, "content-type": "application/json" } };
    expect((await handle(new Request(url, body))).status).toBe(401);
    const spans = await server.ended();
    expect(spans.map(({ name }) => name)).toEqual([
      "countersign.decide",
      "countersign.auth.v1.SessionService/WhoAmI",
    ]);
    expect(spans[1]?.attributes["http.response.status_code"]).toBe(401);
  });
});

describe("without a provider of traces", () => {
  test("nothing is wrapped, and nothing observed", () => {
    const handler: HttpHandler = { handle: () => undefined };
    const answer = async (): Promise<Response> => new Response();
    expect(traceHandler(handler)).toBe(handler);
    expect(traceFetch(answer)).toBe(answer);
    expect(createTraceObserver()).toEqual({});
  });

  test("an option that is not understood is refused", () => {
    const untyped: (value: object) => object = (value) => value;
    expect(() => createTraceObserver(untyped({ enduser: "none" }))).toThrow("did you mean endUser?");
    expect(() => createTraceObserver(untyped({ endUser: "everything" }))).toThrow(
      "endUser must be none, pseudonymous or subject",
    );
  });
});

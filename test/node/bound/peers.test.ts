import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateOf } from "../../../server/gate/src/connect/principal-context.ts";
import { createStandardServices } from "../../../server/gate/src/services/standard-services.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { runBuf } from "../../support/buf.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { notEmpty } from "../../support/not-empty.ts";
import type { SelfSigned } from "../../support/self-signed.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { type Serving, serveHandler } from "../serving.ts";
import {
  billing,
  clients,
  createBoundAuth,
  echo,
  eve,
  server,
  service,
  thumbprintOf,
  tokenOf,
} from "./bound-server.ts";

const token = tokenOf(billing);
const { routes, policies } = createStandardServices({
  reflection: "public",
  routes: echoRoutes(service, (ctx) => certificateOf(ctx)?.thumbprint ?? "none"),
});
const { auth } = createBoundAuth({ routes, policies });
let serving: Serving;

beforeAll(async () => {
  serving = await serveHandler(buildRequestListener({ ...auth }), {
    tls: { ...server, ca: clients.cert, rejectUnauthorized: false },
  });
});

afterAll(() => serving?.[Symbol.asyncDispose]());

test("@grpc/grpc-js calls with its certificate, and not with that of another", async () => {
  const Echo = echo.$typeName;
  const desc = service.methods.find(({ name }) => name === "Bound")?.input;
  if (desc === undefined) {
    throw new Error(`there is no ${Echo}`);
  }
  const callBy = async ({ cert, key }: SelfSigned): Promise<string | undefined> => {
    const secure = credentials.createSsl(Buffer.from(server.cert), Buffer.from(key), Buffer.from(cert));
    const client = new Client(`localhost:${serving.port}`, secure);
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    const answer = Promise.withResolvers<{ text?: string } | undefined>();
    client.makeUnaryRequest(
      "/test.v1.EchoService/Bound",
      (message: typeof echo) => Buffer.from(toBinary(desc, message)),
      (bytes) => fromBinary(desc, bytes) as { text?: string },
      echo,
      metadata,
      (error, answered) => (error === null ? answer.resolve(answered) : answer.reject(error)),
    );
    return answer.promise.then((answered) => answered?.text).finally(() => client.close());
  };
  expect(await callBy(billing)).toBe(thumbprintOf(billing));
  const refusal = await callBy(eve).catch((reason: unknown) => reason as ServiceError);
  expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED });
});

test("buf curl calls with its certificate, and not with that of another", async () => {
  await using folder = await createTemporaryFolder();
  const curlBy = async (own: SelfSigned) => {
    const files = Object.entries({ "ca.pem": server.cert, "own.pem": own.cert, "own.key": own.key });
    await Promise.all(files.map(([name, pem]) => writeFile(join(folder.path, name), pem)));
    const tls = ["--cacert", "ca.pem", "--cert", "own.pem", "--key", "own.key", "--servername", "localhost"];
    const call = [
      "-H",
      `Authorization: Bearer ${token}`,
      "-d",
      "{}",
      `${serving.origin}/test.v1.EchoService/Bound`,
    ];
    return await runBuf(["curl", "--protocol", "grpc", ...tls, ...call], folder.path);
  };
  const called = await curlBy(billing);
  expect(called.stderr).toBe("");
  expect(JSON.parse(called.stdout)).toEqual({ text: thumbprintOf(billing) });
  expect((await curlBy(eve)).stderr).toContain("unauthenticated");
});

test.each(notEmpty(["TLSv1.2", "TLSv1.3"] as const))(
  "a connection that resumes a session of %s has the certificate of that session, and no other",
  async (maxVersion) => {
    const { port } = serving;
    let session: Buffer | undefined;
    const askBy = async (own: Partial<SelfSigned>): Promise<{ isReused: boolean; answer: string }> => {
      const options = { port, host: "127.0.0.1", ca: server.cert, ...own, session, maxVersion };
      const socket: TLSSocket = connect({ ...options, ALPNProtocols: ["h2"] });
      socket.on("session", (issued: Buffer) => {
        session = issued;
      });
      await once(socket, "secureConnect");
      const http2 = connectHttp2(serving.origin, { createConnection: () => socket });
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      const stream = http2.request({ ":method": "POST", ":path": "/test.v1.EchoService/Bound", ...headers });
      const answer = await text(stream.end("{}"));
      http2.destroy();
      return { isReused: socket.isSessionReused(), answer };
    };
    expect(await askBy(billing)).toEqual({ isReused: false, answer: `{"text":"${thumbprintOf(billing)}"}` });
    expect(await askBy(billing)).toEqual({ isReused: true, answer: `{"text":"${thumbprintOf(billing)}"}` });
    session = undefined;
    expect((await askBy(eve)).answer).toContain("TOKEN_INVALID");
    // The session is that of the thief, whatever certificate is at hand.
    expect(await askBy(billing)).toMatchObject({
      isReused: true,
      answer: expect.stringContaining("TOKEN_INVALID"),
    });
  },
);

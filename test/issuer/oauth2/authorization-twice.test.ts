import { once } from "node:events";
import { type ClientSessionOptions, connect as connectHttp2 } from "node:http2";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../../node/serving.ts";
import { startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient } from "../../support/sign-ins.ts";

const PATH = "/oauth2/token";
const TYPE = ["content-type", "application/x-www-form-urlencoded"];
const BODY = "grant_type=client_credentials";

type Fields = readonly string[];

async function postHttp1(origin: string, fields: Fields): Promise<readonly unknown[]> {
  const headers = ["host", new URL(origin).host, ...TYPE, ...fields];
  const { status, body } = await ask(origin, { method: "POST", path: PATH, headers, body: BODY });
  return [status, JSON.parse(body).error];
}

/** Node's client would refuse to send a field twice. */
const HTTP2_OPTIONS: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  strictSingleValueFields: false,
};

async function postHttp2(origin: string, fields: Fields): Promise<readonly unknown[]> {
  const session = connectHttp2(origin, HTTP2_OPTIONS);
  onTestFinished(() => session.destroy());
  const stream = session.request([...[":method", "POST", ":path", PATH], ...TYPE, ...fields]);
  stream.end(BODY);
  const [headers] = await once(stream, "response");
  return [headers[":status"], JSON.parse(await text(stream)).error];
}

describe.each([
  { version: "HTTP/1.1", post: postHttp1 },
  { version: "HTTP/2", post: postHttp2 },
])("a client proves itself over $version", ({ post }) => {
  it("with one header authorization and not two, and not with one that a proxy has joined", async () => {
    await using server = await startOAuthServer();
    const { secret } = await addTestClient(server.issuer, "billing");
    const basic = `Basic ${Buffer.from(`billing:${secret}`).toString("base64")}`;
    const refused = [400, "invalid_request"];
    expect(await post(server.origin, ["authorization", basic])).toEqual([200, undefined]);
    expect(await post(server.origin, ["authorization", basic, "authorization", basic])).toEqual(refused);
    expect(await post(server.origin, ["authorization", basic, "authorization", "Basic eDp5"])).toEqual(
      refused,
    );
    expect(await post(server.origin, ["authorization", `${basic}, ${basic}`])).toEqual(refused);
    expect(await post(server.origin, ["authorization", `${basic},`])).toEqual(refused);
  });
});

import { brotliCompressSync, constants } from "node:zlib";
import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../../../support/not-empty.ts";
import { authOf, enveloped, HOSTS, service } from "./hosts.ts";

const TEXT = Array.from({ length: 400 }, (_, at) => `${at * at} notes`).join();
const CHEAP = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const handlers = {
  unary: () => ({ text: TEXT }),
  async *server() {
    yield { text: TEXT };
  },
} as unknown as Partial<ServiceImpl<DescService>>; // it has these methods
const auth = () => authOf([], { routes: (router) => void router.service(service, handlers) });

describe("answers to callers who ask for the compression that costs most", () => {
  const BY_OWN_LISTENER = { br: "br", "br,gzip": "br", stream: "br" };
  const BY_ADAPTER = { br: null, "br,gzip": "gzip", stream: null };
  const BY_NONE = { br: null, "br,gzip": null, stream: null };
  const EXPECTED: Readonly<Record<string, typeof BY_OWN_LISTENER | typeof BY_ADAPTER | typeof BY_NONE>> = {
    "listen, fast path": BY_OWN_LISTENER,
    "listen, Connect's handler": BY_OWN_LISTENER,
    "the Fetch API": BY_NONE,
  };
  test.each(notEmpty(Object.entries(HOSTS)))("are compressed cheaply: %s", async (name, start) => {
    await using host = await start(auth());
    const ask = (path: string, headers: Record<string, string>, body: Uint8Array<ArrayBuffer>) =>
      host.ask(`/${service.typeName}/${path}`, { method: "POST", headers, body });
    const encodingOf = async (accepted: string) => {
      const headers = { "content-type": "application/json", "accept-encoding": accepted };
      const { headers: answer } = await ask("Unary", headers, Uint8Array.from(Buffer.from("{}")));
      return answer.get("content-encoding");
    };
    const streamed = { "content-type": "application/connect+json", "connect-accept-encoding": "br" };
    const stream = await ask("Server", streamed, enveloped(Buffer.from("{}")));
    expect({
      br: await encodingOf("br"),
      "br,gzip": await encodingOf("br,gzip"),
      stream: stream.headers.get("connect-content-encoding"),
    }).toEqual(EXPECTED[name] ?? BY_ADAPTER);
    expect(Buffer.from(await stream.arrayBuffer()).length).toBeGreaterThan(0);
  });

  test.each(notEmpty(["listen, fast path", "listen, Connect's handler"]))(
    "take less than gzip: %s",
    async (name) => {
      await using host = await (HOSTS[name] ?? expect.fail())(auth());
      const answer = await host.ask(`/${service.typeName}/Unary`, {
        method: "POST",
        headers: { "content-type": "application/json", "accept-encoding": "br" },
        body: "{}",
      });
      const message = JSON.stringify({ text: TEXT });
      const length = Number(answer.headers.get("content-length"));
      expect(await answer.text()).toBe(message);
      expect(length).toBe(brotliCompressSync(message, CHEAP).length);
      expect(length).not.toBe(brotliCompressSync(message).length);
    },
  );
});

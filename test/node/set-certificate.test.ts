import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { listen } from "../../server/node/src/listener.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const before = createSelfSigned("before");
const after = createSelfSigned("after");

/** Connect, and say whose certificate the server shows. */
async function whoAnswers(port: number): Promise<string> {
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

async function getOver(session: ClientHttp2Session): Promise<string> {
  return text(session.request({ ":path": "/" }));
}

test("new connections get another certificate under load, and those that are open go on", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const listener = await listen(
    { handle: (req, res) => void (req.url === "/" ? res.end("now") : released.then(() => res.end("late"))) },
    { tls: before },
  );
  await using _ = { [Symbol.asyncDispose]: () => listener.close(0) };
  const { port } = listener.address;
  const session = connectHttp2(listener.origin, { ca: [before.cert, after.cert] });
  const call = text(session.request({ ":path": "/late" }));
  expect(await getOver(session)).toBe("now");
  expect(await whoAnswers(port)).toBe("before");
  const shown: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const opening = Promise.all([whoAnswers(port), whoAnswers(port)]);
    listener.setCertificate(round % 2 === 0 ? after : before);
    shown.push(...(await opening));
    expect(await whoAnswers(port)).toBe(round % 2 === 0 ? "after" : "before");
  }
  expect(new Set(shown)).toEqual(new Set(["before", "after"]));
  expect(await getOver(session)).toBe("now");
  release();
  expect(await call).toBe("late");
  session.close();
});

test("what is no certificate and its key changes nothing, and whose clients are let in stays", async () => {
  const client = createSelfSigned("client");
  const tls = { ...before, ca: client.cert };
  const listener = await listen({ handle: (_, res) => res.end("ok") }, { tls });
  await using _ = { [Symbol.asyncDispose]: () => listener.close(0) };
  const ask = async (ca: string, own: { cert: string; key: string } | undefined): Promise<string> => {
    const [res] = await once(request(listener.origin, { ca, ...own, agent: false }).end(), "response");
    return text(res);
  };
  const mixed = { cert: after.cert, key: before.key };
  expect(() => listener.setCertificate(mixed)).toThrow("key values mismatch");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const other = { cert: after.cert, key: rsa.export({ type: "pkcs8", format: "pem" }) };
  expect(() => listener.setCertificate(other)).toThrow("the private key is not that of the certificate");
  for (const nothing of [{ cert: "" }, { key: "" }, { cert: "", key: "" }]) {
    expect(() => listener.setCertificate({ ...after, ...nothing })).toThrow();
  }
  await expect(listen({ handle: () => undefined }, { tls: other })).rejects.toThrow("is not that of");
  expect(await ask(before.cert, client)).toBe("ok");
  listener.setCertificate(after);
  expect(await ask(after.cert, client)).toBe("ok");
  await expect(ask(after.cert, undefined)).rejects.toThrow();
  await expect(ask(after.cert, before)).rejects.toThrow();
});

test("a listener without TLS has none", async () => {
  const listener = await listen({ handle: (_, res) => res.end("ok") });
  await using _ = { [Symbol.asyncDispose]: () => listener.close(0) };
  expect(() => listener.setCertificate(after)).toThrow(
    new TypeError("setCertificate needs a listener with the option tls"),
  );
});

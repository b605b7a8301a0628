import { once } from "node:events";
import { Agent, request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { buffer } from "node:stream/consumers";
import { type Call, isGoodAnswer } from "../fixture/calls.ts";

/** One connection. */
export interface CallClient {
  /** Call. @returns whether the answer was a good one */
  call(token: string | undefined): Promise<boolean>;
  close(): void;
}

/** Open connections, over the version of HTTP that a call goes over. */
export async function openClients(
  call: Call,
  { port, connections }: { readonly port: number; readonly connections: number },
): Promise<readonly CallClient[]> {
  const open = call.http === "h2" ? openHttp2 : openHttp1;
  return await Promise.all(Array.from({ length: connections }, () => open(call, port)));
}

function headersOf(call: Call, token: string | undefined) {
  return { ...call.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
}

async function openHttp2(call: Call, port: number): Promise<CallClient> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, "connect");
  return { call: (token) => callHttp2(session, call, token), close: () => session.destroy() };
}

function callHttp2(session: ClientHttp2Session, call: Call, token: string | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fields = { ":method": "POST", ":path": call.path, ...headersOf(call, token) };
    const stream = session.request(fields);
    const chunks: Buffer[] = [];
    let status = 0;
    stream.on("response", (head) => (status = Number(head[":status"])));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => (status === 0 ? reject(error) : undefined));
    stream.on("close", () => resolve(isGoodAnswer(call, status, Buffer.concat(chunks))));
    stream.end(call.body);
  });
}

function openHttp1(call: Call, port: number): Promise<CallClient> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Promise.resolve({
    call: (token) => callHttp1({ agent, port }, call, token),
    close: () => agent.destroy(),
  });
}

async function callHttp1(
  options: { readonly agent: Agent; readonly port: number },
  call: Call,
  token: string | undefined,
): Promise<boolean> {
  const headers = { ...headersOf(call, token), "content-length": call.body.length };
  const req = request({ ...options, host: "127.0.0.1", method: "POST", path: call.path, headers });
  req.end(call.body);
  const [res] = await once(req, "response");
  return isGoodAnswer(call, res.statusCode, await buffer(res));
}

import { once } from "node:events";
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from "node:http2";
import { WatchNotesRequestSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { ECHO_FRAME, ECHO_PATH } from "../fixture/echo.ts";
import { frameOf } from "../fixture/note-streams.ts";
import { answerParent } from "../run/answer-parent.ts";

/** A call of gRPC that is made very often. */
const CALLS = {
  unary: { path: ECHO_PATH, body: ECHO_FRAME },
  stream: {
    path: ECHO_PATH.replace(/[^/]+$/, "WatchNotes"),
    body: frameOf(WatchNotesRequestSchema, {}),
  },
};

/** What is called. */
export type BindingCall = keyof typeof CALLS;

/** Where to call, and as whom. */
export interface BindingClientOptions extends Pick<SecureClientSessionOptions, "ca" | "cert" | "key"> {
  readonly port: number;
  readonly token: string;
}

/** How to call, as often as answers come. */
export interface BindingLoad {
  readonly call: BindingCall;
  readonly seconds: number;
}

const CONNECTIONS = 4;
const CALLS_PER_CONNECTION = 16;

let sessions: readonly ClientHttp2Session[] = [];
let authorization = "";

answerParent({
  async open({ port, token, ...tls }: BindingClientOptions): Promise<void> {
    authorization = `Bearer ${token}`;
    sessions = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const session = connect(`https://localhost:${port}`, tls);
        await once(session, "connect");
        return session;
      }),
    );
  },
  /** @returns how many calls were answered, and in how many seconds */
  async run({ call, seconds }: BindingLoad) {
    const beganMs = performance.now();
    let count = 0;
    const keepCalling = async (session: ClientHttp2Session): Promise<void> => {
      while (performance.now() - beganMs < seconds * 1_000) {
        await callOnce(session, call);
        count += 1;
      }
    };
    const calling = sessions.flatMap((session) =>
      Array.from({ length: CALLS_PER_CONNECTION }, () => keepCalling(session)),
    );
    await Promise.all(calling);
    return { count, seconds: (performance.now() - beganMs) / 1_000 };
  },
});

async function callOnce(session: ClientHttp2Session, call: BindingCall): Promise<void> {
  const { path, body } = CALLS[call];
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request({ ...headers, authorization });
  let status: unknown;
  stream.on("trailers", (trailers) => {
    status = trailers["grpc-status"];
  });
  stream.resume().end(body);
  await once(stream, "close");
  if (Number(status) !== 0) {
    throw new Error(`a call of bench binding ended with status ${String(status)}`);
  }
}

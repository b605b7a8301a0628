import { once } from "node:events";
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from "node:http2";
import { WatchNotesRequestSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createProofKey, signProof, thumbprintOf } from "../../support/proofs.ts";
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
  /** What the proofs name that are sent with the token. Absent: it is sent as a bearer token. */
  readonly provenAt?: string;
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

const proofKey = createProofKey();
/** Signs proofs; undefined: the token needs none. */
let sign: ((path: string) => string) | undefined;
/** How many proofs are signed ahead of a turn: that takes time of its own. */
const PROOFS_PER_SECOND = 4_000;

answerParent({
  thumbprint: () => thumbprintOf(proofKey),
  async open({ port, token, provenAt, ...tls }: BindingClientOptions): Promise<void> {
    authorization = `${provenAt === undefined ? "Bearer" : "DPoP"} ${token}`;
    if (provenAt !== undefined) {
      sign = (path) => {
        const claims = { htu: provenAt + path, iat: Math.floor(Date.now() / 1000) };
        return signProof(proofKey, { token, claims });
      };
    }
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
    const proofs = signAhead(CALLS[call].path, seconds);
    const beganMs = performance.now();
    let count = 0;
    const keepCalling = async (session: ClientHttp2Session): Promise<void> => {
      // A turn that has no proofs left is over: signing more would be what is measured.
      while (performance.now() - beganMs < seconds * 1_000 && proofs?.length !== 0) {
        await callOnce(session, call, proofs?.pop());
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

function signAhead(path: string, seconds: number): string[] | undefined {
  const toProof = sign;
  return toProof && Array.from({ length: Math.ceil(seconds * PROOFS_PER_SECOND) }, () => toProof(path));
}

async function callOnce(
  session: ClientHttp2Session,
  call: BindingCall,
  dpop: string | undefined,
): Promise<void> {
  const { path, body } = CALLS[call];
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const proof = dpop === undefined ? {} : { dpop };
  const stream = session.request({ ...headers, authorization, ...proof });
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

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HeaderFields } from "../differential/case.ts";
import {
  createFrameReader,
  END_HEADERS,
  END_STREAM,
  encodeFields,
  FRAME,
  OPENING,
  toFrame,
} from "../support/http2-frames.ts";

/** Where to send bytes that no client would send. */
export interface RawTarget {
  readonly port: number;
  readonly isSecure: boolean;
}

/** What came back: the status of HTTP, or how the server ended it without one. */
export type RawOutcome = number | "reset" | "closed";

/** Send bytes on a connection of HTTP/1.1, and wait until the server closes it. Answers the last status. */
export async function sendBytes(target: RawTarget, bytes: string): Promise<RawOutcome> {
  await using connection = openSocket(target, "http/1.1");
  connection.socket.write(Buffer.from(bytes, "latin1"));
  const statuses = [...(await connection.text()).matchAll(/^HTTP\/1\.1 (\d{3})/gm)];
  const last = statuses.at(-1)?.[1];
  return last === undefined ? "closed" : Number(last);
}

/** Send a header, and `{}` behind it, on a connection of HTTP/2. */
export async function sendFields(target: RawTarget, fields: HeaderFields): Promise<RawOutcome> {
  await using connection = openSocket(target, "h2");
  const { socket } = connection;
  const outcome = new Promise<RawOutcome>((resolve) => {
    socket.on(
      "data",
      createFrameReader((type, _flags, id, payload) => {
        const status = type === FRAME.headers && id === 1 ? STATUSES[payload.readUInt8(0)] : undefined;
        if (status !== undefined) {
          resolve(status);
        }
        if (type === FRAME.reset) {
          resolve("reset");
        }
        if (type === FRAME.goaway) {
          resolve("closed");
        }
      }),
    );
    socket.once("close", () => resolve("closed"));
  });
  socket.write(OPENING);
  socket.write(toFrame(FRAME.headers, END_HEADERS, 1, encodeFields(fields)));
  socket.write(toFrame(FRAME.data, END_STREAM, 1, Buffer.from("{}")));
  return await outcome;
}

/** Statuses in the static table of HPACK, as the first byte of an answer (RFC 7541 Appendix A): 100 is not among them. */
const STATUSES: Readonly<Record<number, number>> = { 136: 200, 140: 400, 141: 404, 142: 500 };

/** A connection below every client. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  /** Everything that came, once the server has closed. */
  text(): Promise<string>;
}

/** Open a connection. Its errors are none: servers may break off what they do not like. */
export function openSocket({ port, isSecure }: RawTarget, protocol: "h2" | "http/1.1"): RawConnection {
  const options = { port, host: "127.0.0.1" };
  const socket = isSecure
    ? connectTls({ ...options, rejectUnauthorized: false, ALPNProtocols: [protocol] })
    : connect(options);
  let text = "";
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    socket,
    closed,
    async text() {
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      await closed;
      return text;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

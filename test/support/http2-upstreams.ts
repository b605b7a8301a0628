import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type Http2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** The servers behind a proxy. */
interface UpstreamOptions {
  /** Where they are, each time that one is looked for. */
  readonly ports: () => readonly number[];
  /** Whose turn it is. */
  readonly nextTurn: () => number;
  /** Told of whom a request was given to. */
  readonly count: (port: number) => void;
}

/** The connections of a proxy to its servers. */
interface Http2Upstreams {
  /** Give a request to the server whose turn it is, or to the next that can be reached. */
  passOn(downstream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void>;
  /** Cut them off. */
  close(): void;
}

/** Keep one connection of HTTP/2 to each server. */
export function createHttp2Upstreams({ ports, nextTurn, count }: UpstreamOptions): Http2Upstreams {
  const sessions = new Map<number, ClientHttp2Session>();

  const reach = async (port: number): Promise<ClientHttp2Session | undefined> => {
    const known = sessions.get(port);
    const session = known ?? connect(`http://127.0.0.1:${port}`).on("error", () => undefined);
    if (known === undefined) {
      sessions.set(port, session);
      session.once("close", () => sessions.delete(port));
    }
    if (!session.connecting) {
      return session;
    }
    return await Promise.race([once(session, "connect"), once(session, "close").then(() => [])]).then(
      ([connected]) => (connected === undefined ? undefined : session),
      () => undefined,
    );
  };
  return {
    async passOn(downstream, headers) {
      downstream.on("error", () => undefined);
      const all = ports();
      const first = nextTurn();
      for (const [index] of all.entries()) {
        const port = all[(first + index) % all.length] ?? 0;
        const session = await reach(port);
        if (downstream.destroyed) {
          return;
        }
        if (session !== undefined && !session.closed && !session.destroyed) {
          count(port);
          join(downstream, session.request(headers));
          return;
        }
      }
      downstream.respond({ ":status": 503 }, { endStream: true });
    },
    close() {
      for (const session of sessions.values()) {
        session.destroy();
      }
    },
  };
}

/** Let two streams be one: headers, messages, trailers and resets pass both ways. */
function join(downstream: ServerHttp2Stream, upstream: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  upstream.on("error", () => undefined);
  upstream.once("response", (headers, flags) => {
    if (downstream.destroyed) {
      return;
    }
    const endStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    downstream.respond(headers, { endStream, waitForTrailers: !endStream });
  });
  upstream.once("trailers", (received) => {
    trailers = received;
  });
  downstream.once("wantTrailers", () => downstream.sendTrailers(trailers));
  downstream.pipe(upstream);
  upstream.pipe(downstream);
  passReset(downstream, upstream);
  passReset(upstream, downstream);
}

function passReset(from: Http2Stream, to: Http2Stream): void {
  from.once("close", () => {
    const isWhole = from.rstCode === NGHTTP2_NO_ERROR && from.readableEnded;
    if (!isWhole) {
      to.close(from.rstCode === NGHTTP2_CANCEL ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
    }
  });
}

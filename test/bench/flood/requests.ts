import type { ClientHttp2Stream } from "node:http2";
import type { HeaderFields } from "../../differential/case.ts";
import type { RawHttp2, RawHttp2Options } from "../../faults/mixed-load/raw-http2.ts";
import type { Wire } from "./wire.ts";

/** A request of HTTP/2. */
export interface FloodRequest {
  readonly path: string;
  readonly contentType: string;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: Uint8Array;
}

/** The paths that floods call. */
export const PATHS = {
  createNote: "/countersign.demo.v1.NotesService/CreateNote",
  listNotes: "/countersign.demo.v1.NotesService/ListNotes",
  watchNotes: "/countersign.demo.v1.NotesService/WatchNotes",
  signIn: "/countersign.auth.v1.SessionService/SignIn",
  watchHealth: "/grpc.health.v1.Health/Watch",
  token: "/oauth2/token",
  revoke: "/oauth2/revoke",
} as const;

/** A message of gRPC without a field. */
export const EMPTY_MESSAGE: Uint8Array = new Uint8Array(5);

/** Say who calls. */
export function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

/** Say which client asks at the endpoints of OAuth. */
export function basic(id: string, secret: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

/** Say that a request comes from an address; there are so many of them as numbers. */
export function from(index: number): Readonly<Record<string, string>> {
  return { "x-forwarded-for": `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}` };
}

/** Several connections that carry requests in turn. */
export interface Lanes {
  /** Send a request on the next one; on none if its server has no room for it. */
  send(request: FloodRequest): void;
  /** Begin a request that goes on, likewise. */
  begin(request: FloodRequest): void;
}

/** A server takes so many calls at a time on one connection, and breaks off those beyond. */
const MAX_WAITING = 200;

/** Open so many connections; one that its server has closed is opened anew when its turn comes. */
export async function openLanes(
  wire: Wire,
  connections: number,
  options: Omit<RawHttp2Options, "socket"> = {},
): Promise<Lanes> {
  const lanes: Lane[] = await Promise.all(
    Array.from({ length: connections }, async () => ({
      raw: await wire.openRaw(options),
      waiting: 0,
      isOpening: false,
    })),
  );
  let next = 0;
  const open = (request: FloodRequest, isLast: boolean): void => {
    const lane = lanes[next++ % lanes.length];
    if (lane === undefined || lane.isOpening || lane.waiting >= MAX_WAITING) {
      return;
    }
    if (lane.raw.isOver()) {
      void reopen(lane, wire, options);
      return;
    }
    lane.waiting += 1;
    const stream = lane.raw.open(toFields(request, wire.port));
    stream.write(request.body ?? new Uint8Array(), { isLast });
    void stream.over.then(() => (lane.waiting -= 1));
  };
  return { send: (request) => open(request, true), begin: (request) => open(request, false) };
}

interface Lane {
  raw: RawHttp2;
  waiting: number;
  isOpening: boolean;
}

async function reopen(lane: Lane, wire: Wire, options: Omit<RawHttp2Options, "socket">): Promise<void> {
  lane.isOpening = true;
  lane.raw.destroy();
  lane.raw = await wire.openRaw(options);
  lane.isOpening = false;
}

/** Write the header of a request. */
export function toFields({ path, contentType, headers = {} }: FloodRequest, port: number): HeaderFields {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", `127.0.0.1:${port}`],
    [":path", path],
    ["content-type", contentType],
    ["te", "trailers"],
    ...Object.entries(headers),
  ];
}

/** Write the header of a request for Node's client, which keeps to windows. */
export function toHeaders({ path, contentType, headers }: FloodRequest): Readonly<Record<string, string>> {
  return { ":method": "POST", ":path": path, "content-type": contentType, ...headers };
}

/** Read an answer to its end; that of a stream that was broken off is what came before. */
export function readAnswer(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
    stream.on("error", () => undefined);
    stream.once("close", () => resolve(text));
  });
}

import type { ClientHttp2Session } from "node:http2";
import { BINARY_BODIES, JSON_BODIES } from "../../../support/message-bodies.ts";
import { type Attack, type Flood, pace } from "../flood.ts";
import { bearer, type FloodRequest, from, PATHS, toHeaders } from "../requests.ts";

const MIB = 1024 * 1024;
/** Of an announced message of 4.1 MB, all but the last byte. */
const UNENDED = toUnended(4_100_000);
const OPEN_BODIES = 200;
const OPENED_PER_SECOND = 40;
const MANY_CONNECTIONS = 50;
const MESSAGES_PER_SECOND = 5;
const FORM = "application/x-www-form-urlencoded";
const FORM_BYTES = Buffer.alloc(64 * 1024 - 1, "grant_type=client_credentials&a=");
const FORMS_PER_SECOND = 100;
const FORM_CONNECTIONS = 20;
const OPEN_FORMS = 2_000;

/** Bodies that take memory, or time to read. */
export const BODY_FLOODS: readonly Flood[] = [
  {
    name: "unended-bodies",
    does: "200 calls of 4.1 MB whose last byte never comes, over 1 connection",
    run: (attack) => keepBodies(attack, 1),
  },
  {
    name: "unended-bodies-spread",
    does: "the same over 50 connections, each from another address",
    isBehindProxy: true,
    run: (attack) => keepBodies(attack, MANY_CONNECTIONS),
  },
  {
    name: "nested-json",
    does: "5 messages/s of 1 MiB of nested JSON",
    run: (attack) => sendMessages(attack, "application/json", JSON_BODIES["nested lists"]?.(MIB - 1024)),
  },
  {
    name: "unknown-fields",
    does: "5 messages/s of 4 MiB of unknown fields",
    run: (attack) =>
      sendMessages(attack, "application/proto", BINARY_BODIES["unknown varints"]?.(4 * MIB - 1024)),
  },
  {
    name: "forms",
    does: "100 forms/s of 64 KiB at an endpoint of OAuth, from strangers",
    run: (attack) => sendForms(attack),
  },
  {
    name: "unended-forms",
    does: "2,000 such forms whose last byte never comes, over 20 connections",
    run: (attack) => keepForms(attack),
  },
];

function toUnended(bytes: number): Buffer {
  const body = Buffer.alloc(5 + bytes - 1);
  body.writeUInt32BE(bytes, 1);
  return body;
}

async function keepBodies(attack: Attack, connections: number): Promise<void> {
  await keepOpen(attack, { connections, open: OPEN_BODIES, perSecond: OPENED_PER_SECOND }, (index) => ({
    path: PATHS.createNote,
    contentType: "application/grpc",
    headers: { te: "trailers", ...bearer(attack.tokens[index % attack.tokens.length]), ...from(index) },
    body: UNENDED,
  }));
}

const FORM_REQUEST = { path: PATHS.token, contentType: FORM, body: FORM_BYTES };

async function keepForms(attack: Attack): Promise<void> {
  const amount = { connections: FORM_CONNECTIONS, open: OPEN_FORMS, perSecond: FORMS_PER_SECOND };
  const headers = { "content-length": String(FORM_BYTES.length + 1) };
  await keepOpen(attack, amount, () => ({ ...FORM_REQUEST, headers }));
}

interface Amount {
  readonly connections: number;
  /** How many requests are kept open. */
  readonly open: number;
  readonly perSecond: number;
}

/** Begin requests that never end, and others in the place of those that the server broke off. */
async function keepOpen(
  attack: Attack,
  amount: Amount,
  request: (index: number) => FloodRequest,
): Promise<void> {
  const sessions = createSessions(attack, amount.connections);
  let open = 0;
  await pace(attack, amount.perSecond, (index) => {
    if (open >= amount.open) {
      return;
    }
    open += 1;
    const { body = new Uint8Array(), ...head } = request(index % amount.connections);
    const stream = sessions(index).request(toHeaders(head));
    stream.on("error", () => undefined).once("close", () => (open -= 1));
    stream.resume().write(body);
  });
}

async function sendMessages(attack: Attack, contentType: string, body = new Uint8Array()): Promise<void> {
  const headers = bearer(attack.tokens[0]);
  await sendWhole(attack, MESSAGES_PER_SECOND, { path: PATHS.createNote, contentType, headers, body });
}

async function sendForms(attack: Attack): Promise<void> {
  await sendWhole(attack, FORMS_PER_SECOND, FORM_REQUEST);
}

async function sendWhole(attack: Attack, perSecond: number, request: FloodRequest): Promise<void> {
  const sessions = createSessions(attack, FORM_CONNECTIONS);
  await pace(attack, perSecond, (index) => {
    const stream = sessions(index).request(toHeaders(request));
    stream.on("error", () => undefined).resume();
    stream.end(request.body);
  });
}

/** Connections in turn; one that its server has closed is opened anew. */
function createSessions({ wire }: Attack, connections: number): (index: number) => ClientHttp2Session {
  const sessions: ClientHttp2Session[] = [];
  return (index) => {
    const at = index % connections;
    const kept = sessions[at];
    if (kept !== undefined && !kept.closed && !kept.destroyed) {
      return kept;
    }
    const opened = wire.openHttp2();
    sessions[at] = opened;
    return opened;
  };
}

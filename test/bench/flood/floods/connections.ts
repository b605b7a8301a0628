import { type Attack, type Flood, pace } from "../flood.ts";
import { bearer, EMPTY_MESSAGE, PATHS, toFields } from "../requests.ts";

const HALF_HEADERS_PER_SECOND = 20;
const SILENT_PER_SECOND = 170;
const RESETS_PER_SECOND = 1_000;
const RESET_CONNECTIONS = 4;
const PIPELINES_PER_SECOND = 10;
const PIPELINED = 50;

/** Connections that are used as no client would. */
export const CONNECTION_FLOODS: readonly Flood[] = [
  {
    name: "half-headers",
    does: "20 connections/s of HTTP/2 whose header never ends",
    run: (attack) => pace(attack, HALF_HEADERS_PER_SECOND, () => void sendHalfHeader(attack)),
  },
  {
    name: "silent-connections",
    does: "170 connections/s that send nothing, 10,000 a minute",
    run: (attack) => pace(attack, SILENT_PER_SECOND, () => void attack.wire.openSocket()),
  },
  { name: "resets", does: "1,000 calls/s that are reset at once, over 4 connections", run: resetAll },
  {
    name: "pipelined",
    does: "10 connections/s of HTTP/1.1 with a refused call and 50 good ones behind it",
    run: (attack) => pace(attack, PIPELINES_PER_SECOND, () => pipeline(attack)),
  },
];

async function sendHalfHeader({ wire, tokens }: Attack): Promise<void> {
  const raw = await wire.openRaw();
  const headers = bearer(tokens[0]);
  raw.breakOffHeader(
    toFields({ path: PATHS.listNotes, contentType: "application/grpc", headers }, wire.port),
  );
}

async function resetAll(attack: Attack): Promise<void> {
  const open = () => attack.wire.openRaw();
  const raws = await Promise.all(Array.from({ length: RESET_CONNECTIONS }, open));
  const opening = new Set<number>();
  const headers = bearer(attack.tokens[0]);
  const fields = toFields(
    { path: PATHS.listNotes, contentType: "application/grpc", headers },
    attack.wire.port,
  );
  await pace(attack, RESETS_PER_SECOND, (index) => {
    const at = index % RESET_CONNECTIONS;
    const raw = raws[at];
    if (raw === undefined || opening.has(at)) {
      return;
    }
    if (raw.isOver()) {
      opening.add(at);
      raw.destroy();
      void open().then((opened) => {
        raws[at] = opened;
        opening.delete(at);
      });
      return;
    }
    const stream = raw.open(fields);
    stream.write(EMPTY_MESSAGE, { isLast: true });
    stream.reset();
  });
}

function pipeline({ wire, tokens }: Attack): void {
  const request = (token: string): string =>
    [
      `POST ${PATHS.listNotes} HTTP/1.1`,
      `host: 127.0.0.1:${wire.port}`,
      "content-type: application/json",
      `authorization: Bearer ${token}`,
      "content-length: 2",
      "",
      "{}",
    ].join("\r\n");
  const socket = wire.openSocket().resume();
  socket.write(request("garbage") + request(tokens[0] ?? "").repeat(PIPELINED));
}

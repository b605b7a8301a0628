import { type Attack, type Flood, pace } from "../flood.ts";
import { bearer, EMPTY_MESSAGE, type FloodRequest, openLanes, PATHS } from "../requests.ts";

const CONNECTIONS = 20;
const STREAMS_PER_SECOND = 100;
const NOTES_PER_SECOND = 20;
const NOTE_CHARACTERS = 4_000;

/** Answers that are not taken. */
export const STREAM_FLOODS: readonly Flood[] = [
  {
    name: "slow-readers",
    does: "100 streams/s that are read for 64 KiB and kept, of a feed that gets 20 notes/s of 4 kB",
    run: readSlowly,
  },
  {
    name: "zero-windows",
    does: "100 calls/s whose answer has no room to be sent, kept",
    run: (attack) => begin(attack, (index) => listNotes(attack, index), { streamWindowBytes: 0 }),
  },
  {
    name: "public-streams",
    does: "100 streams/s of a public method, opened without a token and kept",
    run: (attack) =>
      begin(attack, () => ({
        path: PATHS.watchHealth,
        contentType: "application/grpc",
        body: EMPTY_MESSAGE,
      })),
  },
];

function listNotes({ tokens }: Attack, index: number): FloodRequest {
  const headers = bearer(tokens[index % tokens.length]);
  return { path: PATHS.listNotes, contentType: "application/grpc", headers, body: EMPTY_MESSAGE };
}

async function begin(
  attack: Attack,
  request: (index: number) => FloodRequest,
  options: { readonly streamWindowBytes?: number } = {},
): Promise<void> {
  const lanes = await openLanes(attack.wire, CONNECTIONS, options);
  await pace(attack, STREAMS_PER_SECOND, (index) => lanes.send(request(index)));
}

async function readSlowly(attack: Attack): Promise<void> {
  const writers = await openLanes(attack.wire, 1);
  const headers = bearer(attack.tokens[0]);
  const note = JSON.stringify({ title: "flood", body: "x".repeat(NOTE_CHARACTERS) });
  const write = pace(attack, NOTES_PER_SECOND, () =>
    writers.send({
      path: PATHS.createNote,
      contentType: "application/json",
      headers,
      body: Buffer.from(note),
    }),
  );
  const read = begin(attack, (index) => ({ ...listNotes(attack, index), path: PATHS.watchNotes }));
  await Promise.all([write, read]);
}

import { randomBytes } from "node:crypto";
import { type ClientHttp2Session, connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  SignalService,
  WatchRequestSchema,
  WatchResponseSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { toGrpcFrame } from "../fixture/echo.ts";
import { answerParent } from "../run/answer-parent.ts";
import { machineMs } from "./machine-ms.ts";

const HEAD_BYTES = 5;

/** How many revocations each watcher has received. */
const received: number[] = [];
/** When each watcher has received the first revocation, the second one and so on. */
const receivedMs: number[][] = [];
/** What the messages that came last have, by their bytes: all watchers get the same. */
const counts = new Map<string, number>();
let onReceived: () => void = () => undefined;
const sessions: ClientHttp2Session[] = [];

/** Watch so many times, each over a connection of its own, until each has had its first message. */
async function watch({
  port,
  token,
  count,
}: {
  readonly port: number;
  readonly token: string;
  readonly count: number;
}) {
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, () => open(port, token));
    await Promise.all(some);
  }
}

function open(port: number, token: string): Promise<void> {
  const index = received.push(0) - 1;
  receivedMs[index] = [];
  const session = connect(`http://127.0.0.1:${port}`);
  sessions.push(session);
  const stream = session.request({
    ":method": "POST",
    ":path": `/${SignalService.typeName}/${SignalService.method.watch.name}`,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  });
  const request = create(WatchRequestSchema, {
    serverId: randomBytes(16).toString("base64url"),
    audience: "bench",
  });
  stream.end(toGrpcFrame(toBinary(WatchRequestSchema, request)));
  let rest: Buffer = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    stream.once("error", () => undefined).once("close", () => reject(new Error("a watch has ended")));
    stream.on("data", (data: Buffer) => {
      rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
      while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUInt32BE(1)) {
        const end = HEAD_BYTES + rest.readUInt32BE(1);
        const count = countOf(rest.subarray(HEAD_BYTES, end));
        received[index] = (received[index] ?? 0) + count;
        receivedMs[index]?.push(...Array.from({ length: count }, machineMs));
        rest = rest.subarray(end);
        resolve();
      }
      onReceived();
    });
  });
}

/** Watch no more. */
function leave(): void {
  for (const session of sessions.splice(0)) {
    session.destroy();
  }
  received.length = 0;
}

function countOf(message: Buffer): number {
  const key = message.toString("latin1");
  const known = counts.get(key);
  if (known !== undefined) {
    return known;
  }
  const { kind } = fromBinary(WatchResponseSchema, message);
  const count = kind.case === "revocations" ? kind.value.revocations.length : 0;
  if (counts.size > 10_000) {
    counts.clear();
  }
  counts.set(key, count);
  return count;
}

/** Wait until each watcher has received so many since it began. */
function untilReceived(count: number): Promise<void> {
  return new Promise((resolve) => {
    onReceived = () => {
      if (received.every((own) => own >= count)) {
        resolve();
      }
    };
    onReceived();
  });
}

/**
 * Say how long revocations took to each watcher, in milliseconds, the shortest first.
 *
 * @param after how many it had received before them
 */
function delaysOf({ orderedMs, after }: { readonly orderedMs: readonly number[]; readonly after: number }) {
  const delaysMs = receivedMs.flatMap((all) =>
    orderedMs.map((atMs, index) => (all[after + index] ?? Number.POSITIVE_INFINITY) - atMs),
  );
  return delaysMs.sort((one, other) => one - other);
}

answerParent({ watch, untilReceived, delaysOf, leave });

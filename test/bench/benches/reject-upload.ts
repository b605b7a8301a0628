import { create, toBinary } from "@bufbuild/protobuf";
import { CreateNoteRequestSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createTokenMaker } from "../fixture/tokens.ts";
import { uploadOverHttp1, uploadOverHttp2 } from "../load/upload.ts";
import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";
import { type BenchServer, startServers } from "../servers/server.ts";

const MESSAGE_BYTES = 8 * 1024 * 1024;
/** What a refused call may cost over HTTP/2. */
const HTTP2_TARGET_BYTES = 96 * 1024;

const SERVERS = ["countersign", "connect-jose-per-call", "connect-jose-per-call-http1"] as const;
const TURNS = [
  { name: "countersign-h2", server: "countersign", upload: uploadOverHttp2 },
  { name: "interceptor-h2", server: "connect-jose-per-call", upload: uploadOverHttp2 },
  { name: "countersign-http1", server: "countersign", upload: uploadOverHttp1 },
  { name: "interceptor-http1", server: "connect-jose-per-call-http1", upload: uploadOverHttp1 },
] as const;

/** How much a server reads of a large call that it refuses. */
export const rejectUploadBench: Bench = {
  name: "reject-upload",
  describe: [
    "8 MiB are sent in one call without a token; counted is what the server's process read from the connection",
    "h2: gRPC over h2c; http1: Connect over HTTP/1.1; interceptor: connect-node with an interceptor that refuses",
  ],
  comparisons: [
    { ours: "countersign-h2", better: "lower", target: HTTP2_TARGET_BYTES },
    { ours: "countersign-h2", theirs: "interceptor-h2", better: "lower" },
    { ours: "countersign-http1", theirs: "interceptor-http1", better: "lower" },
  ],
  run: runRejectUpload,
};

async function runRejectUpload({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const { publicKeys } = createTokenMaker();
  const message = createMessage(quick ? MESSAGE_BYTES / 8 : MESSAGE_BYTES);
  await using resources = new AsyncDisposableStack();
  const started = await startServers(SERVERS, { keys: publicKeys, resources });
  const sides = TURNS.flatMap(({ name, server, upload }) =>
    started.filter((one) => one.name === server).map((one) => toSide({ name, server: one, upload }, message)),
  );
  return await interleave("reject-upload", sides, rounds);
}

interface Turn {
  readonly name: string;
  readonly server: BenchServer;
  readonly upload: typeof uploadOverHttp2;
}

function toSide({ name, server, upload }: Turn, message: Uint8Array): Side {
  return {
    name,
    async measure() {
      await upload(server.port, message);
      return [{ side: name, unit: "bytes", value: await server.takeBytesRead() }];
    },
  };
}

/** A message that the method takes: an interceptor sees a call only once its message was read. */
function createMessage(bytes: number): Uint8Array {
  return toBinary(CreateNoteRequestSchema, create(CreateNoteRequestSchema, { body: "x".repeat(bytes) }));
}

import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

const { createNote, watchNotes, importNotes, syncNotes } = NotesService.method;

/** Methods of the demo, one of each kind. */
export const CALLED = { createNote, watchNotes, importNotes, syncNotes } as const;
export type CalledName = keyof typeof CALLED;

/** A list that has a first element. */
export type AtLeastOne<T> = readonly [T, ...(readonly T[])];

/** A call of one of them. */
export interface GrpcCall {
  readonly method: CalledName;
  /** What each message holds. */
  readonly requests: AtLeastOne<Readonly<Record<string, unknown>>>;
  /** Absent: the call has none. */
  readonly token?: string;
}

/** What came of a call. */
export interface GrpcOutcome {
  readonly code: number;
  /** The details of the error as they came; empty: there are none. */
  readonly details: string;
  /** Of `watchNotes`, which has no end, the first only. */
  readonly responses: readonly Message[];
}

/** A client of gRPC that others have made: makes calls, one after the other. */
export type GrpcClient = (baseUrl: string, calls: readonly GrpcCall[]) => Promise<readonly GrpcOutcome[]>;

/** The trailer that holds the details of an error. */
export const DETAILS = "grpc-status-details-bin";

/** Make the messages of a call. */
export function messagesOf({ method, requests }: GrpcCall): AtLeastOne<Message> {
  const make = (init: Readonly<Record<string, unknown>>) => create<DescMessage>(CALLED[method].input, init);
  const [first, ...others] = requests;
  return [make(first), ...others.map(make)];
}

/** Find the path of a method over HTTP. */
export function pathOf(method: CalledName): string {
  return `/${NotesService.typeName}/${CALLED[method].name}`;
}

/** What libraries want to know of the methods instead of generated code. */
export const DEFINITION = {
  createNote: define("createNote", { requestStream: false, responseStream: false }),
  watchNotes: define("watchNotes", { requestStream: false, responseStream: true }),
  importNotes: define("importNotes", { requestStream: true, responseStream: false }),
  syncNotes: define("syncNotes", { requestStream: true, responseStream: true }),
} as const;

function define<Streams extends { readonly requestStream: boolean; readonly responseStream: boolean }>(
  method: CalledName,
  streams: Streams,
) {
  const { input, output } = CALLED[method];
  return {
    ...streams,
    path: pathOf(method),
    requestSerialize: (message: Message) => Buffer.from(toBinary<DescMessage>(input, message)),
    requestDeserialize: (bytes: Uint8Array): Message => fromBinary<DescMessage>(input, bytes),
    responseSerialize: (message: Message) => Buffer.from(toBinary<DescMessage>(output, message)),
    responseDeserialize: (bytes: Uint8Array): Message => fromBinary<DescMessage>(output, bytes),
    options: {},
  };
}

/** Take the first message of a stream, and leave it. */
export async function firstOf(stream: AsyncIterable<Message>): Promise<readonly Message[]> {
  for await (const message of stream) {
    return [message];
  }
  return [];
}

/** Take all messages of a stream. */
export async function allOf(stream: AsyncIterable<Message>): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) {
    messages.push(message);
  }
  return messages;
}

/** Make calls one after the other, and take what each gives, or the error that it ends with. */
export async function callInTurn(
  calls: readonly GrpcCall[],
  run: (call: GrpcCall) => Promise<readonly Message[]>,
  detailsOf: (error: unknown) => string,
): Promise<readonly GrpcOutcome[]> {
  const outcomes: GrpcOutcome[] = [];
  for (const call of calls) {
    outcomes.push(
      await run(call).then(
        (responses) => ({ code: 0, details: "", responses }),
        (error: { readonly code: number }) => ({
          code: error.code,
          details: detailsOf(error),
          responses: [],
        }),
      ),
    );
  }
  return outcomes;
}

import { toJsonString } from "@bufbuild/protobuf";
import { type CallOptions, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  ImportNotesResponseSchema,
  NoteEventSchema,
  NoteSchema,
  NotesService,
  SyncNotesResponseSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Behaviour, Kind } from "./script.ts";
import { SCRIPT_HEADER } from "./scripted-server.ts";

/** All that a caller can see of a call. */
export interface Outcome {
  messages: string[];
  header?: readonly [string, string][];
  trailer?: readonly [string, string][];
  error?: object;
}

/** Make a call, and note all that can be seen of it. */
export async function callAndNote(
  transport: Transport,
  kind: Kind,
  { script, headers = [], timeoutMs, messages = two, abortAt }: Behaviour & { readonly script: string },
): Promise<Outcome> {
  const outcome: Outcome = { messages: [] };
  const stop = new AbortController();
  const abortWith = (event: Behaviour["abortAt"]) => {
    if (event === abortAt) {
      stop.abort();
    }
  };
  const options: CallOptions = {
    headers: [...headers, [SCRIPT_HEADER, script]],
    signal: stop.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onHeader(header) {
      outcome.header = entriesOf(header);
      abortWith("head");
    },
    onTrailer(trailer) {
      outcome.trailer = entriesOf(trailer);
    },
  };
  abortWith("start");
  try {
    await calls[kind]({ transport, options, messages }, (text) => {
      outcome.messages.push(text);
      abortWith(outcome.messages.length);
    });
  } catch (error) {
    outcome.error = describeError(error);
  }
  return outcome;
}

interface Calling {
  readonly transport: Transport;
  readonly options: CallOptions;
  readonly messages: () => AsyncIterable<string>;
}

type Call = (calling: Calling, note: (text: string) => void) => Promise<void>;

const clientOf = (transport: Transport) => createClient(NotesService, transport);

const calls: Record<Kind, Call> = {
  async getNote({ transport, options }, note) {
    note(toJsonString(NoteSchema, await clientOf(transport).getNote({ id: "asked" }, options)));
  },
  async watchNotes({ transport, options }, note) {
    for await (const event of clientOf(transport).watchNotes({ afterSequence: 7n }, options)) {
      note(toJsonString(NoteEventSchema, event));
    }
  },
  async importNotes({ transport, options, messages }, note) {
    const notes = map(messages(), (title) => ({ title }));
    note(toJsonString(ImportNotesResponseSchema, await clientOf(transport).importNotes(notes, options)));
  },
  async syncNotes({ transport, options, messages }, note) {
    const notes = map(messages(), (noteId) => ({ noteId }));
    for await (const answer of clientOf(transport).syncNotes(notes, options)) {
      note(toJsonString(SyncNotesResponseSchema, answer));
    }
  },
};

async function* two(): AsyncGenerator<string> {
  yield "first";
  yield "second";
}

async function* map<T, U>(source: AsyncIterable<T>, convert: (value: T) => U): AsyncGenerator<U> {
  for await (const value of source) {
    yield convert(value);
  }
}

function describeError(reason: unknown): object {
  const error = ConnectError.from(reason);
  return {
    isConnectError: reason instanceof ConnectError,
    code: error.code,
    message: error.message,
    metadata: entriesOf(error.metadata),
    details: error.details.map((detail) =>
      "value" in detail && detail.value instanceof Uint8Array
        ? { ...detail, value: Buffer.from(detail.value).toString("base64") }
        : detail,
    ),
  };
}

function entriesOf(headers: Headers): [string, string][] {
  // The day on which the server answers is not what the tests are about.
  return [...headers].filter(([name]) => name !== "date");
}

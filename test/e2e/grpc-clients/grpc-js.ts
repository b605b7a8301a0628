import type { Message } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  type AtLeastOne,
  allOf,
  type CalledName,
  callInTurn,
  DEFINITION,
  DETAILS,
  firstOf,
  type GrpcClient,
  messagesOf,
} from "./call.ts";

/** A call that is under way. */
interface Begun {
  readonly client: Client;
  readonly definition: (typeof DEFINITION)[CalledName];
  readonly messages: AtLeastOne<Message>;
  readonly metadata: Metadata;
}

const KINDS: Readonly<Record<CalledName, (begun: Begun) => Promise<readonly Message[]>>> = {
  createNote: ({ client, definition, messages: [message], metadata }) =>
    answered((done) => {
      const { path, requestSerialize, responseDeserialize } = definition;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, metadata, done);
    }),
  watchNotes: ({ client, definition, messages: [message], metadata }) => {
    const { path, requestSerialize, responseDeserialize } = definition;
    return firstOf(
      client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, message, metadata),
    );
  },
  importNotes: ({ client, definition, messages, metadata }) =>
    answered((done) => {
      const { path, requestSerialize, responseDeserialize } = definition;
      sendAll(
        client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, done),
        messages,
      );
    }),
  syncNotes({ client, definition, messages, metadata }) {
    const { path, requestSerialize, responseDeserialize } = definition;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    sendAll(stream, messages);
    return allOf(stream);
  },
};

/** `@grpc/grpc-js`, without generated code. */
export const grpcJs: GrpcClient = async (baseUrl, calls) => {
  const client = new Client(new URL(baseUrl).host, credentials.createInsecure());
  const outcomes = await callInTurn(
    calls,
    (call) => {
      const metadata = new Metadata();
      if (call.token !== undefined) {
        metadata.set("authorization", `Bearer ${call.token}`);
      }
      return KINDS[call.method]({
        ...{ client, metadata, messages: messagesOf(call), definition: DEFINITION[call.method] },
      });
    },
    (error) => String((error as ServiceError).metadata.get(DETAILS)[0] ?? ""), // as it documents
  );
  client.close();
  return outcomes;
};

type OnAnswer = (error: Error | null, response?: Message) => void;

async function answered(begin: (done: OnAnswer) => void): Promise<readonly Message[]> {
  return await new Promise((resolve, reject) =>
    begin((error, response) => (response === undefined ? reject(error) : resolve([response]))),
  );
}

interface Writable {
  write(message: Message): unknown;
  end(): unknown;
}

function sendAll(stream: Writable, messages: readonly Message[]): void {
  for (const message of messages) {
    stream.write(message);
  }
  stream.end();
}

import type { Message } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { definition, requests } from "./definition.ts";
import { type CreateSide, countMessages } from "./side.ts";

/** grpc-js, without generated code. */
export const createGrpcJs: CreateSide = (baseUrl, token) => {
  const client = new Client(new URL(baseUrl).host, credentials.createInsecure());
  const { createNote, watchNotes, syncNotes } = definition;
  const metadata = (): Metadata => {
    const fields = new Metadata();
    fields.set("authorization", `Bearer ${token}`);
    return fields;
  };
  return {
    call: () =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = createNote;
        const onAnswer = (error: Error | null, message?: Message): void =>
          error === null ? resolve(message) : reject(error);
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          requests.call(),
          metadata(),
          onAnswer,
        );
      }),
    pull(messages) {
      const { path, requestSerialize, responseDeserialize } = watchNotes;
      const request = requests.pull(messages);
      return countMessages(
        client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata()),
      );
    },
    pingPong(count) {
      const { path, requestSerialize, responseDeserialize } = syncNotes;
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata());
      let sent = 0;
      const next = (): void => {
        sent += 1;
        if (sent <= count) {
          stream.write(requests.pingPong());
        } else {
          stream.end();
        }
      };
      next();
      return countMessages(stream, next);
    },
  };
};

import { createPublicKey } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CreateNoteRequest,
  CreateNoteRequestSchema,
  type Note,
  NoteSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type handleUnaryCall, Server, ServerCredentials, type ServerUnaryCall, status } from "@grpc/grpc-js";
import jsonwebtoken from "jsonwebtoken";
import { ECHO_PATH } from "../fixture/echo.ts";
import { ALGORITHM, AUDIENCE, ISSUER } from "../fixture/tokens.ts";
import type { StartSide } from "./side.ts";

type EchoCall = ServerUnaryCall<CreateNoteRequest, Note>;
type EchoHandler = handleUnaryCall<CreateNoteRequest, Note>;

const echo: EchoHandler = ({ request: { title, body } }, answer) =>
  answer(null, create(NoteSchema, { title, body }));

/** Serve with grpc-js and let everyone in. */
export const startGrpcJsNoAuth: StartSide = () => serve(echo);

/** Serve with grpc-js and a handler that verifies the token of every call with jsonwebtoken. */
export const startGrpcJsJsonwebtoken: StartSide = ({ pem }) => {
  // A key that is parsed once: given as PEM, it would be parsed on every call.
  const key = createPublicKey(pem);
  const verify = (call: EchoCall): void => {
    const [header] = call.metadata.get("authorization");
    const token = String(header).slice("Bearer ".length);
    jsonwebtoken.verify(token, key, { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM] });
  };
  return serve((call, answer) => {
    try {
      verify(call);
    } catch {
      answer({ code: status.UNAUTHENTICATED, details: "bad token" });
      return;
    }
    echo(call, answer);
  });
};

/** Messages are read and written by the code that all other sides use: stacks are compared here, not codecs. */
function serve(handler: EchoHandler): Promise<number> {
  const server = new Server();
  const echoDefinition = {
    path: ECHO_PATH,
    requestStream: false,
    responseStream: false,
    requestDeserialize: (bytes: Buffer) => fromBinary(CreateNoteRequestSchema, bytes),
    requestSerialize: (message: CreateNoteRequest) => Buffer.from(toBinary(CreateNoteRequestSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(NoteSchema, bytes),
    responseSerialize: (message: Note) => Buffer.from(toBinary(NoteSchema, message)),
  } as const;
  server.addService({ echo: echoDefinition }, { echo: handler });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

import type { DescMethod } from "@bufbuild/protobuf";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type BadInput,
  badInputs,
  emptyMessage,
  overlong,
  toCall,
  wronglyTyped,
} from "../support/bad-inputs.ts";
import { notEmpty } from "../support/not-empty.ts";
import { type RawAnswer, sendRaw } from "../support/raw-call.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { nameOf, ownMethods, ownServices } from "../support/services.ts";

let server: ServerProcess;
let token: string;

beforeAll(async () => {
  server = await startServer();
  token = (await signIn(server.baseUrl)).accessToken;
});

afterAll(() => server?.[Symbol.asyncDispose]());

const { signIn: signInMethod, refresh, revokeSession, changePassword } = SessionService.method;
const { createNote, getNote, deleteNote, importNotes, syncNotes } = NotesService.method;

/** Methods that an empty message means nothing to. To the others it is a request like any. */
const methodsThatNeedMore: readonly { readonly method: DescMethod; readonly refusedWith: string }[] = [
  { method: signInMethod, refusedWith: "invalid_argument" },
  { method: refresh, refusedWith: "unauthenticated" },
  { method: revokeSession, refusedWith: "invalid_argument" },
  { method: changePassword, refusedWith: "invalid_argument" },
  { method: StreamService.method.renew, refusedWith: "invalid_argument" },
  { method: createNote, refusedWith: "invalid_argument" },
  { method: getNote, refusedWith: "invalid_argument" },
  { method: deleteNote, refusedWith: "invalid_argument" },
  { method: importNotes, refusedWith: "invalid_argument" },
  { method: syncNotes, refusedWith: "invalid_argument" },
];

const services = [...ownServices, Health, ServerReflection, ServerReflectionAlpha];

for (const method of notEmpty(services.flatMap(({ methods }) => methods))) {
  describe(nameOf(method), () => {
    for (const input of [...badInputs, ...wronglyTyped(method)]) {
      test(`refuses ${input.name}`, async () => {
        const error = await refusal(method, input);
        expect(error.code).toBe(input.answer);
        expect(error.message).toMatch(/\w{3}/);
      });
    }

    test("refuses a call without a body or its type", async () => {
      const headers = { authorization: `Bearer ${token}` };
      const call = { path: `/${nameOf(method)}`, headers, body: new Uint8Array() };
      expect((await sendRaw(server.baseUrl, call)).status).toBe(415);
    });
  });
}

// Health and reflection answer what they do not know with a message of theirs, as their protocols say.
const overlongInputs = ownMethods.flatMap((method) => overlong(method).map((input) => ({ method, input })));

describe("a text that is far too long", () => {
  for (const { method, input } of notEmpty(overlongInputs)) {
    test(`is refused by ${nameOf(method)}: ${input.name}`, async () => {
      const error = await refusal(method, input);
      expect(["invalid_argument", "resource_exhausted", "not_found", "unauthenticated"]).toContain(
        error.code,
      );
      expect(error.message.length).toBeLessThan(500);
    });
  }
});

describe("an empty message", () => {
  for (const { method, refusedWith } of methodsThatNeedMore) {
    test(`is refused by ${nameOf(method)}`, async () => {
      const error = await refusal(method, emptyMessage);
      expect(error.code).toBe(refusedWith);
      expect(error.message).toMatch(/\w{3}/);
    });
  }
});

test("the server stays up, keeps the session, and logs no failure of its own", async () => {
  const session = clientOf(SessionService, { baseUrl: server.baseUrl, token });
  expect((await session.whoAmI({})).subject).not.toBe("");
  const { stdout, stderr } = server.program.output();
  expect(stdout + stderr).not.toMatch(/unexpected|uncaught|unhandled|internal/i);
});

interface WireError {
  readonly code: string;
  readonly message: string;
}

async function refusal(method: DescMethod, input: BadInput): Promise<WireError> {
  const answer = await sendRaw(server.baseUrl, toCall(method, input, token));
  return method.methodKind === "unary" ? unaryError(answer) : streamError(answer);
}

function unaryError(answer: RawAnswer): WireError {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  return JSON.parse(answer.body);
}

/** Errors of streams come in the envelope that ends them, with the status 200. */
function streamError(answer: RawAnswer): WireError {
  const start = answer.body.lastIndexOf('{"error"');
  expect(start, `no error in: ${answer.body}`).toBeGreaterThanOrEqual(0);
  return JSON.parse(answer.body.slice(start)).error;
}

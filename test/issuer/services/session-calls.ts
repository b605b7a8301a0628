import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type SignInRequest,
  SignInRequestSchema,
  type TokenSet,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@countersign/gen/google/rpc/error_details_pb.js";
import type { SessionServer } from "../../support/session-server.ts";

type RequestFields = Partial<Pick<SignInRequest, "scopes" | "delivery">>;

const ada = { username: "ada", password: "correct horse" };

/** Make a request to sign in as ada, but for what is given. */
export function signInRequest(password: Partial<typeof ada>, fields: RequestFields = {}): SignInRequest {
  return create(SignInRequestSchema, {
    ...fields,
    credential: { case: "password", value: { ...ada, ...password } },
  });
}

/** Sign ada in. */
export async function signIn({ client }: SessionServer, fields: RequestFields = {}): Promise<TokenSet> {
  const { tokens } = await client.signIn(signInRequest({}, fields));
  if (tokens === undefined) {
    throw new Error("the answer has no tokens");
  }
  return tokens;
}

/** What a caller learns from a refusal. */
export async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => ConnectError.from(cause),
  );
  const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
  const [badRequest] = error?.findDetails(BadRequestSchema) ?? [];
  return {
    code: error === undefined ? "none" : Code[error.code],
    reason: info?.reason,
    metadata: info?.metadata,
    fields: badRequest?.fieldViolations.map(({ field }) => field),
    retries: error?.findDetails(RetryInfoSchema).length,
  };
}

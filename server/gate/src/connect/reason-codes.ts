import { getOption } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { AuthReasonSchema, auth_reason } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import type { AuthReason } from "../errors/auth-error.ts";

// By name, as the reason is on the wire: protobuf-es takes the prefix of the enum off.
const CODES: ReadonlyMap<string, Code> = new Map(
  AuthReasonSchema.values.flatMap((value) => {
    const { code } = getOption(value, auth_reason);
    return isCode(code) ? [[value.localName, code]] : [];
  }),
);

/** Read the Connect code of a reason, as `errors.proto` has it. */
export function codeOf(reason: AuthReason): Code {
  const code = CODES.get(reason);
  if (code === undefined) {
    throw new TypeError("errors.proto has no code for this reason");
  }
  return code;
}

/** The codes of gRPC are those of Connect by number, beside OK. */
function isCode(code: number): code is Code {
  return code in Code;
}

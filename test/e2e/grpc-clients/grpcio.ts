import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { runProgram } from "../../support/program.ts";
import { CALLED, type GrpcClient, messagesOf, pathOf } from "./call.ts";

const PROGRAM = fileURLToPath(new URL("grpcio.py", import.meta.url));
const PYTHON = "/usr/bin/python3";

/** Whether Debian's python3-grpcio is installed. */
export const hasGrpcio: boolean = spawnSync(PYTHON, ["-c", "import grpc"]).status === 0;

/** What the program writes of each call. */
interface Written {
  readonly code: number;
  readonly details: string;
  readonly responses: readonly string[];
}

/** The gRPC of Google in C, by Debian's package for Python. It carries messages as bytes. */
export const grpcio: GrpcClient = async (baseUrl, calls) => {
  const asked = calls.map((call) => ({
    path: pathOf(call.method),
    kind: CALLED[call.method].methodKind,
    requests: messagesOf(call).map((message) =>
      Buffer.from(toBinary<DescMessage>(CALLED[call.method].input, message)).toString("base64"),
    ),
    ...(call.token === undefined ? {} : { token: call.token }),
  }));
  const input = JSON.stringify({ target: new URL(baseUrl).host, calls: asked });
  const { code, stdout, stderr } = await runProgram({ file: PYTHON, args: [PROGRAM], input });
  if (code !== 0) {
    throw new Error(`grpcio: ${stderr}`);
  }
  const outcomes = JSON.parse(stdout) as readonly Written[]; // as the program writes it
  return outcomes.map(({ details, responses, ...outcome }, index) => ({
    ...outcome,
    details: Buffer.from(details, "base64").toString(),
    responses: responses.map((text) =>
      fromBinary<DescMessage>(
        CALLED[calls[index]?.method ?? "createNote"].output,
        Buffer.from(text, "base64"),
      ),
    ),
  }));
};

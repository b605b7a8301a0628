import { answerParent } from "../run/answer-parent.ts";
import { createConnect, createCountersign } from "./connect.ts";
import { createCountersignBefore } from "./countersign-before.ts";
import { createGrpcJs } from "./grpc-js.ts";
import { createNiceGrpc } from "./nice-grpc.ts";
import type { ClientName, ClientSide, CreateSide } from "./side.ts";

const SIDES = {
  countersign: createCountersign,
  "countersign-before": createCountersignBefore,
  connect: createConnect,
  grpcjs: createGrpcJs,
  "nice-grpc": createNiceGrpc,
} as const satisfies Record<ClientName, CreateSide>;

/** How many calls are under way at a time. */
const AT_ONCE = 16;

/** What a client is to do. */
export interface ClientRun {
  readonly kind: keyof typeof KINDS;
  readonly name: ClientName;
  readonly port: number;
  readonly token: string;
  readonly count: number;
  /** The folder that the earlier build is installed in, for `countersign-before`. */
  readonly before?: string | undefined;
}

/** What it took. */
export interface ClientCost {
  /** Processor time of this process, in µs for each call or message. */
  readonly processorUs: number;
  /** Calls or messages a second. */
  readonly rate: number;
}

const KINDS = {
  unary: callMany,
  stream: (side: ClientSide, count: number) => side.pull(count),
  bidi: (side: ClientSide, count: number) => side.pingPong(count),
} as const;

let side: ClientSide | undefined;

answerParent({
  async run({ kind, name, port, token, count, before: folder = "" }: ClientRun): Promise<ClientCost> {
    side ??= await SIDES[name](`http://127.0.0.1:${port}`, token, folder);
    const startMs = performance.now();
    const before = process.cpuUsage();
    const done = await KINDS[kind](side, count);
    if (done !== count) {
      throw new Error(`${name}: ${done} instead of ${count}`);
    }
    const { user, system } = process.cpuUsage(before);
    return {
      processorUs: (user + system) / count,
      rate: (count / (performance.now() - startMs)) * 1000,
    };
  },
});

async function callMany({ call }: ClientSide, count: number): Promise<number> {
  let begun = 0;
  let answered = 0;
  const callOn = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await call();
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, callOn));
  return answered;
}

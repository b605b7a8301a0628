import { setTimeout as delay } from "node:timers/promises";
import { createTokenMaker } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import type { Attack } from "./flood.ts";
import { ALL_FLOODS } from "./floods/all.ts";
import { createWire } from "./wire.ts";

/** A flood to be made. */
export interface FloodOrder extends Pick<Attack, "tokens" | "client"> {
  readonly name: string;
  readonly port: number;
  readonly seconds: number;
}

/** What it came to. */
export interface FloodOutcome {
  readonly sentBytes: number;
  /** How often it did what it does, such as calls. */
  readonly count: number;
  /** The processor time of its process. */
  readonly processorMs: number;
}

const EXPIRED_SECONDS_AGO = 60;
const LIFE_SECONDS = 300;

const maker = createTokenMaker();

answerParent({ keys: () => maker.publicKeys.jwks, flood });

async function flood({ name, port, seconds, tokens, client }: FloodOrder): Promise<FloodOutcome> {
  const chosen = ALL_FLOODS.find((known) => known.name === name);
  if (chosen === undefined) {
    throw new TypeError(`there is no flood ${name}`);
  }
  using wire = createWire(port);
  const startCpu = process.cpuUsage();
  const stop = new AbortController();
  let count = 0;
  const attack: Attack = {
    wire,
    stop: stop.signal,
    tokens,
    client,
    mintExpired,
    count: () => {
      count += 1;
    },
  };
  const running = chosen.run(attack);
  await Promise.race([delay(seconds * 1000), running]);
  stop.abort();
  await running;
  const { user, system } = process.cpuUsage(startCpu);
  return { sentBytes: wire.sentBytes(), count, processorMs: (user + system) / 1000 };
}

function mintExpired(): string {
  const exp = Math.floor(Date.now() / 1000) - EXPIRED_SECONDS_AGO;
  return maker.mint({ claims: { exp, iat: exp - LIFE_SECONDS, auth_time: exp - LIFE_SECONDS } });
}

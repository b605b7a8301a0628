import { once } from "node:events";
import type { Socket } from "node:net";
import type { Answer } from "./answer.ts";
import { type Case, type HeaderFields, pathOf, type Step } from "./case.ts";
import { openSocket } from "./open-socket.ts";
import { parseResponses } from "./parse-http1.ts";
import { untilReached, type WaitingStep } from "./reach.ts";
import type { Side } from "./side.ts";

/** Send a request over HTTP/1.1 as bytes on a socket, and write down what comes back until the server closes. */
export async function sendHttp1(side: Side, sent: Case): Promise<Answer> {
  const socket = openSocket(side, "http/1.1");
  const chunks: Buffer[] = [];
  let failure = "";
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", (error: NodeJS.ErrnoException) => (failure = ` ${error.code}`));
  const ended = once(socket, "end").catch(() => undefined);
  // What `once` waits for fails with the socket, and how that failed is a part of the answer.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), closed]);
  socket.write(headOf(sent));
  for (const step of sent.steps) {
    await write(socket, step, { side, over: closed });
  }
  await Promise.race([ended, closed]);
  socket.destroy();
  await closed;
  return { responses: parseResponses(Buffer.concat(chunks)), end: `closed${failure}` };
}

function headOf({ verb = "POST", path = pathOf("Open"), fields, steps }: Case): Buffer {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const length = steps.reduce((sum, step) => sum + (step instanceof Uint8Array ? step.length : 0), 0);
  const isFramed = names.has("content-length") || names.has("transfer-encoding") || verb === "GET";
  const all: HeaderFields = [
    ...(names.has("host") ? [] : [["host", "server"] as const]),
    ...fields,
    ...(isFramed ? [] : [["content-length", String(length)] as const]),
    ...(names.has("connection") ? [] : [["connection", "close"] as const]),
  ];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${verb} ${path} HTTP/1.1\r\n${lines}\r\n`, "latin1");
}

async function write(
  socket: Socket,
  step: Step,
  { side, over }: { readonly side: Side; readonly over: Promise<unknown> },
): Promise<void> {
  if (step instanceof Uint8Array) {
    if (socket.writable) {
      socket.write(step);
    }
    return;
  }
  if (typeof step === "object") {
    if ("untilBytes" in step) {
      throw new Error("bytes of an answer are waited for over HTTP/2 only");
    }
    await untilReached(step, side, over);
    return;
  }
  const acts: Readonly<Record<Exclude<Step, object | WaitingStep>, () => unknown>> = {
    end: () => undefined,
    reset: () => socket.destroy(),
    "reset quietly": () => socket.destroy(),
    "half-close": () => socket.end(),
  };
  if (step in acts) {
    acts[step as keyof typeof acts]();
  } else {
    await untilReached(step as WaitingStep, side, over);
  }
}

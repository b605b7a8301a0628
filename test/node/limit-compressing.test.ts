import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, it, onTestFinished, vi } from "vitest";
import { limitCompressing } from "../../server/node/src/limit-compressing.ts";
import { notEmpty } from "../support/not-empty.ts";
import { serve } from "./serving.ts";

it("answers are compressed four at a time, in all the ways that there are, in the order in which they came", async () => {
  const begun: { readonly first: number | undefined; readonly end: (error?: Error) => void }[] = [];
  const create = (name: string) => ({
    name,
    compress: (bytes: Uint8Array) =>
      new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
        const end = (error?: Error) => (error === undefined ? resolve(new Uint8Array(1)) : reject(error));
        begun.push({ first: bytes[0], end });
      }),
    decompress: () => Promise.reject(new Error("is not asked for")),
  });
  const [gzip, brotli] = limitCompressing([create("gzip"), create("br")]);
  const answers = Array.from({ length: 7 }, (_, n) =>
    (n % 2 === 0 ? gzip : brotli)?.compress(Uint8Array.of(n)).catch((error: unknown) => error),
  );
  const firsts = () => begun.map(({ first }) => first);
  expect(firsts()).toEqual([0, 1, 2, 3]);
  begun[2]?.end();
  await expect.poll(firsts).toEqual([0, 1, 2, 3, 4]);
  begun[0]?.end(new Error("it failed"));
  await expect.poll(firsts).toEqual([0, 1, 2, 3, 4, 5]);
  for (const { end } of begun) {
    end();
  }
  await expect.poll(firsts).toEqual([0, 1, 2, 3, 4, 5, 6]);
  begun[6]?.end();
  expect(String(await answers[0])).toContain("it failed");
  expect(await answers[6]).toHaveLength(1);
});

it("when too many bytes wait to be compressed, the oldest are refused, and the next one gets its turn", async () => {
  const ends: (() => void)[] = [];
  const [gzip] = limitCompressing(
    [
      {
        name: "gzip",
        compress: ({ length }) => new Promise((resolve) => ends.push(() => resolve(new Uint8Array(length)))),
        decompress: () => Promise.reject(new Error("is not asked for")),
      },
    ],
    100,
  );
  const answers = Array.from({ length: 4 + 3 }, () => gzip?.compress(new Uint8Array(40)));
  await expect(answers[4]).rejects.toMatchObject({
    code: Code.ResourceExhausted,
    rawMessage: "too many answers wait to be compressed",
  });
  ends[0]?.();
  await expect.poll(() => ends.length).toBe(5);
  ends[4]?.();
  await expect(answers[5]).resolves.toHaveLength(40);
});

const TRANSPORTS = notEmpty([
  ["grpc", createGrpcTransport],
  ["grpc-web", createGrpcWebTransport],
  ["connect", createConnectTransport],
] as const);

it.each(TRANSPORTS)(
  "a call whose answer is refused so gets that error: over %s",
  async (_, createTransport) => {
    const errors: unknown[] = [];
    await using serving = await serve({
      routes: (router) =>
        router.service(NotesService, { createNote: () => ({ id: "a", body: "x".repeat(4_096) }) }),
      onError: (error) => errors.push(error),
    });
    const full = new ConnectError("too many answers wait", Code.ResourceExhausted);
    const spy = vi.spyOn(compressionGzip, "compress").mockRejectedValue(full);
    onTestFinished(() => spy.mockRestore());
    const notes = createClient(NotesService, createTransport({ baseUrl: serving.origin, httpVersion: "2" }));
    await expect(notes.createNote({})).rejects.toMatchObject({
      code: Code.ResourceExhausted,
      rawMessage: "too many answers wait",
    });
    expect(spy).toHaveBeenCalledOnce();
    expect(errors).toEqual([]);
  },
);

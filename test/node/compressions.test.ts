import { expect, it } from "vitest";
import { limitCompressing } from "../../server/node/src/compressions.ts";

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

import { createHash } from "node:crypto";

/** When the answer was made: the one thing about it that two servers can't agree on. */
const NOT_COMPARED = new Set(["date"]);

const SHOWN_BYTES = 256;

/** Write header fields down, names and values in turn, in an order that is always the same. */
export function describeFields(raw: readonly string[]): readonly string[] {
  const names = raw.filter((_, index) => index % 2 === 0);
  return names
    .map((name, index) => ({ name: name.toLowerCase(), value: raw[index * 2 + 1] ?? "" }))
    .filter(({ name }) => !NOT_COMPARED.has(name))
    .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
    .map(({ name, value }) => `${name}: ${value}`);
}

/** Write a body down. */
export function describeBody(body: Buffer): string {
  if (body.length <= SHOWN_BYTES) return body.toString("hex");
  const digest = createHash("sha256").update(body).digest("hex");
  return `${body.subarray(0, SHOWN_BYTES).toString("hex")}… ${body.length} bytes ${digest}`;
}

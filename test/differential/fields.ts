import { createHash } from "node:crypto";

/** When an answer was made is the one thing about it that two servers can't agree on. That it says so is compared. */
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

const SHOWN_BYTES = 256;

/** Write header fields down, names and values in turn, as they came. */
export function describeFields(raw: readonly string[]): readonly string[] {
  const names = raw.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => {
    const value = raw[index * 2 + 1] ?? "";
    return `${name}: ${name.toLowerCase() === "date" ? value.replace(DATE, "the time") : value}`;
  });
}

/** Write a body down. */
export function describeBody(body: Buffer): string {
  if (body.length <= SHOWN_BYTES) {
    return body.toString("hex");
  }
  const digest = createHash("sha256").update(body).digest("hex");
  return `${body.subarray(0, SHOWN_BYTES).toString("hex")}… ${body.length} bytes ${digest}`;
}

import { type BodyLimits, type ReadBody, readBody } from "./read-body.ts";

/** A body of forms. With a comma the field stood twice: a proxy in front may have read the other one. */
export const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(;[^,]*)?$/i;

/** The text of a body, or why it cannot be had. */
export type BodyText =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "fault";
      readonly status: number;
      readonly message: string;
      /** When to send it again, in seconds; undefined: that would not help. */
      readonly retryAfterSeconds?: number;
    };

type Fault = Extract<BodyText, { readonly kind: "fault" }>;

/** What is said of a body that cannot be had. */
const FAULTS: Readonly<Record<Exclude<ReadBody["kind"], "whole"> | "no text", Fault>> = {
  "too large": { kind: "fault", message: "the body is too large", status: 413 },
  "too late": { kind: "fault", message: "the body did not arrive in time", status: 408 },
  "given up": {
    kind: "fault",
    message: "too many bytes wait for the rest of their form",
    status: 429,
    retryAfterSeconds: 1,
  },
  "broken off": { kind: "fault", message: "the body ended too early", status: 400 },
  "no text": { kind: "fault", message: "the body is not UTF-8", status: 400 },
};

/** Read the body of a request as text, unless it goes beyond a limit. */
export async function readText(request: Request, limits: BodyLimits): Promise<BodyText> {
  const body = await readBody(request.body, limits);
  if (body.kind !== "whole") {
    return FAULTS[body.kind];
  }
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(body.bytes) };
  } catch {
    return FAULTS["no text"];
  }
}

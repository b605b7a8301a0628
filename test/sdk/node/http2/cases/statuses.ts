import { Code } from "@connectrpc/connect";
import { answer, type Case, headerOnly, OK, TYPE } from "../script.ts";

const codes = Object.values(Code).filter((code) => typeof code === "number");
const odd = ["00", "-1", "17", "99", "abc", "", "1e1", "0x1", " 5", "5 ", "0, 0", "Canceled"];
const statuses = [...codes.map(String), ...odd];

const messages = {
  plain: "no such note",
  escaped: "100%25 %E2%9C%93",
  "half escaped": "100% of it",
  broken: "%zz",
  empty: "",
  long: "x".repeat(4_000),
};

// google.rpc.Status: a code, a message, and one google.rpc.ErrorInfo.
const DETAILS = "CAUSAm5vGj0KKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5FcnJvckluZm8SEQoBQRIMY291bnRlcnNpZ24";
const details = {
  whole: DETAILS,
  padded: `${DETAILS}=`,
  "of no error": "CAA",
  "of a code that is none": "CGM",
  "that are no base64": "!!!",
  "that are no message": "////",
  empty: "",
};

const withMetadata = { "x-text": "a", "x-bytes-bin": "AAEC", "x-twice": ["1", "2"] };

/** How calls end by their status. */
export const STATUS_CASES: readonly Case[] = [
  ...statuses.flatMap((status): Case[] => [
    {
      name: `status ${JSON.stringify(status)} in the trailer`,
      script: answer({ trailer: { "grpc-status": status, "grpc-message": "why", ...withMetadata } }),
    },
    {
      name: `status ${JSON.stringify(status)} in the header alone`,
      script: headerOnly({ ...TYPE, "grpc-status": status, "grpc-message": "why", ...withMetadata }),
    },
    {
      name: `status ${JSON.stringify(status)} in the header of a whole answer`,
      kinds: ["getNote", "watchNotes"],
      script: answer({ header: { ...TYPE, "grpc-status": status } }),
    },
    {
      name: `status ${JSON.stringify(status)} without a message`,
      kinds: ["getNote", "syncNotes"],
      script: answer({ body: () => [], trailer: { "grpc-status": status } }),
    },
  ]),
  ...Object.entries(messages).map(([name, text]) => ({
    name: `a message that is ${name}`,
    script: answer({ trailer: { "grpc-status": "5", "grpc-message": text } }),
  })),
  ...Object.entries(details).flatMap(([name, value]): Case[] => [
    {
      name: `details ${name} in the trailer`,
      script: answer({ trailer: { "grpc-status": "3", "grpc-status-details-bin": value } }),
    },
    {
      name: `details ${name} in the header`,
      script: headerOnly({ ...TYPE, "grpc-status": "3", "grpc-status-details-bin": value }),
    },
    {
      name: `details ${name} beside a status of no error`,
      kinds: ["getNote", "watchNotes"],
      script: answer({ trailer: { "grpc-status": "0", "grpc-status-details-bin": value } }),
    },
  ]),
  { name: "no status at all", script: answer({ trailer: { "x-text": "a" } }) },
  { name: "no trailer", script: answer({ trailer: undefined }) },
  {
    name: "no trailer, the status in the header",
    script: answer({ header: { ...TYPE, ...OK }, trailer: undefined }),
  },
  { name: "no trailer and no message", script: answer({ body: () => [], trailer: undefined }) },
  { name: "a header alone without a status", script: headerOnly(TYPE) },
  {
    name: "fields of all kinds in header and trailer",
    script: answer({
      header: { ...TYPE, ...withMetadata, "set-cookie": ["a=1", "b=2"], "x-empty": "" },
      trailer: { ...OK, ...withMetadata, "x-more": "ä" },
    }),
  },
  {
    name: "an error with fields of all kinds in header and trailer",
    script: answer({
      header: { ...TYPE, ...withMetadata, "set-cookie": ["a=1", "b=2"] },
      trailer: { "grpc-status": "9", "grpc-message": "no", ...withMetadata },
    }),
  },
];

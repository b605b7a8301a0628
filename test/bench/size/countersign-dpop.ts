import { createSession } from "@countersign/sdk/browser";
import { dpop } from "@countersign/sdk/dpop";
import "./base.ts";

Object.assign(globalThis, { added: createSession, dpop });

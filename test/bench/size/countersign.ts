import { createSession as added } from "@countersign/sdk/browser";
import "./base.ts";

Object.assign(globalThis, { added });

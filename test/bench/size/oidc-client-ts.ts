import { UserManager as added } from "oidc-client-ts";
import "./base.ts";

Object.assign(globalThis, { added });

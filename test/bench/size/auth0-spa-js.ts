import { createAuth0Client as added } from "@auth0/auth0-spa-js";
import "./base.ts";

Object.assign(globalThis, { added });

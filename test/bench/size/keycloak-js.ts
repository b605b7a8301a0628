import added from "keycloak-js";
import "./base.ts";

Object.assign(globalThis, { added });

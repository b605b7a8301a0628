import { AuthClient as added } from "@supabase/auth-js";
import "./base.ts";

Object.assign(globalThis, { added });

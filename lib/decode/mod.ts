/**
 * Decoding: frames become packet columns.
 *
 * @module
 */
export * from "./columns.ts";
export { type Conversation, Conversations } from "./conversations.ts";
export { decode } from "./decode.ts";
export * from "./inner.ts";
export { type DecodeOptions, type LinkSupport, linkTypeSupport } from "./options.ts";

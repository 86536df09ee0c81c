/**
 * Decoding: frames become packet columns.
 *
 * @module
 */
export * from "./columns.ts";
export { type Conversation, Conversations } from "./conversations.ts";
export { decode } from "./decode.ts";
export * from "./inner.ts";
export { ISIS_IDENTITY, ISIS_PDU, ISIS_WORDS, NLPID_ISIS, readIsis } from "./isis.ts";
export { type DecodeOptions, type LinkSupport, linkTypeSupport } from "./options.ts";
export { type Shard, shardOfPair } from "./shard.ts";
export { wlanSsid } from "./wlan.ts";

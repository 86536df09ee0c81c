/**
 * Records: the row layout, the field registry, printing, and the flip and merge algebra.
 *
 * @module
 */
export * from "./batch.ts";
export { communityId } from "./community_id.ts";
export { addressText, direction, portNumber, protoText } from "./fields/address.ts";
export { load, loss, rate, sideLoad, sideRate } from "./fields/counters.ts";
export { connectionId, endReason, evidence } from "./fields/extensions.ts";
export {
  type ArrowType,
  type Field,
  type FieldType,
  type IpfixElement,
  type MergeRule,
  type NumberGetter,
  type PrintStyle,
  type Put,
  REVERSE_PEN,
  type TextGetter,
  valueOf,
} from "./fields/field.ts";
export { encapsLetters, flagLetters } from "./fields/flags.ts";
export { DEFAULT_FIELDS, fieldOf, FIELDS, findField } from "./fields/registry.ts";
export { hasTcp, isProtocol } from "./fields/row.ts";
export { progress, stateWord, tcpFlags } from "./fields/state.ts";
export { gap } from "./fields/tcp.ts";
export { duration, lastTime, sideDuration, startTime } from "./fields/time.ts";
export { flip, flipKey } from "./flip.ts";
export * from "./layout.ts";
export { enterRow, mergeRow, type MergeRules, settleRow } from "./merge.ts";
export { joinLabels } from "./merge_banks.ts";
export { dscpName, dscpNumber } from "./names/dscp.ts";
export { etherTypeName } from "./names/ethertypes.ts";
export { protocolName, protocolNumber } from "./names/protocols.ts";
export { serviceName, servicePort } from "./names/services.ts";
export { type Column, columnOf, defaultColumns, parseColumns } from "./print/columns.ts";
export { formatFixed, putFixed, putHuman } from "./print/number.ts";
export { Printer, type PrintOptions } from "./print/printer.ts";
export { type XmlHeader, xmlHeader, XmlPrinter } from "./print/xml.ts";
export { Sink } from "./print/sink.ts";
export { compileTime, type PutTime, type TimeStyle } from "./print/time.ts";
export { localZone, UTC, type Zone, zoneOf } from "./print/zone.ts";
export { asRead, type PortRule, type ReadOptions, readRows, turnRound } from "./read.ts";

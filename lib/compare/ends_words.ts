// Words of a key of two ends: key type, protocol, first and second end (4 each), their ports.
export const E_TYPE = 0, E_PROTO = 1, E_A = 2, E_B = 6, E_PA = 10, E_PB = 11;
/** Words of a key of two ends. */
export const ENDS_WORDS = 12;

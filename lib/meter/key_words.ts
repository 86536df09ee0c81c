/**
 * Where the parts of a flow key stand.
 *
 * @module
 */

/** Words of a key: kind and protocol, first end (4), second end (4), ports, kind-specific word, VLAN or MPLS, MACs (4). */
export const KEY_WORDS = 16;
/** Word 0: packet kind | key type << 8 | protocol << 16. */
export const K_KIND = 0;
export const K_A = 1;
export const K_B = 5;
export const K_PORTS = 9;
export const K_EXTRA = 10;
export const K_TAG = 11;
export const K_MAC = 12;

/** Words of a key that hold the SSID of an 802.11 flow, in order; the third address stands behind the source. */
export const K_SSID = [K_B + 2, K_B + 3, K_PORTS, K_EXTRA, K_MAC, K_MAC + 1, K_MAC + 2, K_MAC + 3] as const;

import type { Evidence } from "../record/mod.ts";

/**
 * Okabe and Ito's colours, told apart under every common colour blindness and in grey print
 * (https://jfly.uni-koeln.de/color/); each evidence has one.
 */
export const EVIDENCE_COLOR: Readonly<Record<Evidence, string>> = {
  "unknown": "#8a8f94",
  "syn": "#0072b2",
  "synack": "#56b4e9",
  "remembered": "#009e73",
  "first-packet": "#e69f00",
  "icmp-type": "#cc79a7",
  "corrected": "#b8a800",
  "none": "#d55e00",
};

/** What each evidence means, for legends. */
export const EVIDENCE_WORDS: Readonly<Record<Evidence, string>> = {
  "unknown": "evidence not known",
  "syn": "SYN seen",
  "synack": "SYN-ACK seen",
  "remembered": "remembered",
  "first-packet": "first packet",
  "icmp-type": "ICMP type",
  "corrected": "corrected by a reader",
  "none": "no evidence",
};

/** Colours of the pictures' paper, ink and accents, in light and dark. */
export const INK = {
  paper: "#ffffff",
  ink: "#1b1f24",
  dim: "#57606a",
  line: "#c5ccd3",
  lost: "#b03a00",
  kept: "#006b4e",
  timer: "#e69f00",
  initiator: "#0072b2",
  responder: "#d55e00",
} as const;

/** Black or white, whichever is easier to read on the colour. */
export function inkOn(color: string): string {
  const channel = (at: number) => {
    const v = parseInt(color.slice(at, at + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

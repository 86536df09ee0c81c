import process from "node:process";
import colors from "picocolors";

/** Colours for terminal text; each leaves the text as it is when colour is off. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
}

/** Whether text for a stream should be coloured: a terminal, and neither NO_COLOR nor a dumb terminal. */
export function wantsColor(stream: { isTTY?: boolean } = process.stdout): boolean {
  const env = process.env;
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** The colours, on or off. */
export function style(color: boolean = wantsColor()): Style {
  return colors.createColors(color);
}

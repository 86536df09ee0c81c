import { Problem } from "../base/mod.ts";
import type { FrameBatch } from "../capture/mod.ts";
import { linkTypeSupport } from "../decode/mod.ts";
import type { Quirks } from "../settings/mod.ts";

/**
 * Whether frames are read on under these quirks: the real program stops where an interface of another kind begins.
 *
 * @throws {Problem} `unsupported` when the link type is one that is not read at all (LINK-1).
 */
export function admits(frames: FrameBatch, quirks: Quirks): boolean {
  if (quirks !== "none" && frames.foreign) return false;
  if (linkTypeSupport(frames.linkType, quirks) === "unsupported") {
    throw new Problem(
      "unsupported",
      `Expected a link type that ${
        quirks === "none" ? "Panoptes" : "Argus 3.0.8.2"
      } reads but found ${frames.linkType}` +
        (quirks === "none" ? "" : ' (quirks: "none" reads more)'),
      { frame: frames.firstFrame, offset: frames.position },
    );
  }
  return true;
}

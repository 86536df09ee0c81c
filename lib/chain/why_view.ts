import type { Remedy, Why } from "../compare/mod.ts";
import { type Displayable, displayable, escapeHtml, panel, printable } from "../display/mod.ts";

/** A reason that shows itself: the sentence, and below it everything else worth saying. */
export type ShownWhy = Why & Displayable;

/** The reason as plain data that also shows itself in notebooks, terminals and the REPL. */
export function shownWhy(why: Why): ShownWhy {
  return displayable({ ...why }, (self) => ({
    text: () => [self.sentence, ...self.also.map((r) => `- ${r.sentence}`)].map(printable).join("\n"),
    html: () => {
      const also = self.also.map((r) => `<li>${escapeHtml(r.sentence)}</li>`).join("");
      return panel(`<p>${escapeHtml(self.sentence)}</p>${also === "" ? "" : `<ul>${also}</ul>`}`);
    },
  }));
}

/** A list of remedies that shows itself as sentences. */
export function shownRemedies(remedies: readonly Remedy[]): readonly Remedy[] & Displayable {
  const none = "No remedy was found, or none is needed.";
  return displayable([...remedies], (self) => ({
    text: () => self.length === 0 ? none : self.map((r) => printable(r.sentence)).join("\n"),
    html: () =>
      panel(
        self.length === 0
          ? `<p>${none}</p>`
          : `<ul>${self.map((r) => `<li>${escapeHtml(r.sentence)}</li>`).join("")}</ul>`,
      ),
  }));
}

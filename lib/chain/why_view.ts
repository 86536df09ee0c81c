import type { Remedy, Why } from "../compare/mod.ts";
import { type Displayable, displayable, escapeHtml, panel, printable } from "../display/mod.ts";

/** A reason that shows itself: the sentence, and below it everything else worth saying. */
export type ShownWhy = Why & Displayable;

/** Further reasons that the text shows; `also` has all of them. */
const SHOWN = 4;

/** The reason as plain data that also shows itself in notebooks, terminals and the REPL. */
export function shownWhy(why: Why): ShownWhy {
  return displayable({ ...why }, (self) => ({
    text: () => {
      const more = self.also.slice(0, SHOWN).map((r) => `- ${r.sentence}`);
      const rest = self.also.length - more.length;
      if (rest > 0) more.push(`… and ${rest} more in .also`);
      return [self.sentence, ...more].map(printable).join("\n");
    },
    html: () => {
      const also = self.also.map((r) => `<li>${escapeHtml(r.sentence)}</li>`).join("");
      const more =
        `<details><summary>${self.also.length} further reasons</summary><ul>${also}</ul></details>`;
      return panel(`<div>${escapeHtml(self.sentence)}</div>${self.also.length === 0 ? "" : more}`);
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

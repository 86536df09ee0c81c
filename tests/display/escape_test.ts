import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapeHtml, escapeMarkdown, printable } from "../../lib/display/escape.ts";

Deno.test("markup characters become references", () => {
  assertEquals(
    escapeHtml(`<a href="x" id='y'>&\``),
    "&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;&#96;",
  );
});

Deno.test("no text can open a tag, close an attribute or move a cursor", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const safe = escapeHtml(text);
    // deno-lint-ignore no-control-regex
    assert(!/[<>"'`\x00-\x1f\x7f-\x9f]/.test(safe), safe);
  }));
});

Deno.test("what is printable stays as it is", () => {
  fc.assert(fc.property(fc.stringMatching(/^[ -~äß漢→]*$/), (text) => assertEquals(printable(text), text)));
});

Deno.test("bidirectional overrides are made visible", () => {
  assertEquals(printable("abc\u202etxt.exe"), "abc\\u202etxt.exe");
});

Deno.test("a cell cannot end its column or begin a tag in Markdown", () => {
  assertEquals(escapeMarkdown("a|b\n<script>`x`"), "a\\|b\\\\n&lt;script&gt;\\`x\\`");
});

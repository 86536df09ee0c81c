import { assertEquals } from "@std/assert";

const imports = (name: string): Record<string, string> =>
  JSON.parse(Deno.readTextFileSync(new URL(`../../${name}`, import.meta.url))).imports;

Deno.test("deno.jsr.json maps the @std names to JSR and all others as deno.json does", () => {
  const ours = imports("deno.json"), theirs = imports("deno.jsr.json");
  const expected = Object.fromEntries(
    Object.entries(ours).map(([name, target]) => {
      const [, room, path = ""] = /^@std\/([^/]+)(\/.*)?$/.exec(name) ?? [];
      return [name, room === undefined ? target : `jsr:@std/${room}@1${path}`];
    }),
  );
  assertEquals(theirs, expected);
});

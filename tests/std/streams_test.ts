import { assertEquals, assertRejects } from "@std/assert";
import { mergeReadableStreams, TextLineStream, toArrayBuffer, toJson, toText } from "@std/streams";

const bytes = (text: string) => new TextEncoder().encode(text);

async function lines(chunks: string[], options?: { allowCR: boolean }): Promise<string[]> {
  return await Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new TextLineStream(options)));
}

Deno.test("toText joins text and bytes, also when a character is cut", async () => {
  const euro = bytes("1 €");
  assertEquals(
    await toText(ReadableStream.from([euro.subarray(0, 3), euro.subarray(3), bytes("!")])),
    "1 €!",
  );
  assertEquals(await toText(ReadableStream.from(["a", "b"])), "ab");
});

Deno.test("toArrayBuffer and toJson", async () => {
  assertEquals(
    new Uint8Array(await toArrayBuffer(ReadableStream.from([bytes("ab"), bytes("c")]))),
    bytes("abc"),
  );
  assertEquals(await toJson(ReadableStream.from(['{"a"', ":[1]}"])), { a: [1] });
  await assertRejects(() => toJson(ReadableStream.from(["{"])), SyntaxError);
});

Deno.test("TextLineStream", async () => {
  assertEquals(await lines(["a\nb", "c\r", "\nd\n\ne"]), ["a", "bc", "d", "", "e"]);
  assertEquals(await lines(["a\n"]), ["a"]);
  assertEquals(await lines(["a\rb\n"]), ["a\rb"]);
  assertEquals(await lines(["a\rb\r", "\nc\r"], { allowCR: true }), ["a", "b", "c"]);
});

Deno.test("mergeReadableStreams gives every chunk once, and an error of any stream", async () => {
  const merged = await Array.fromAsync(
    mergeReadableStreams(ReadableStream.from([1, 3]), ReadableStream.from([2])),
  );
  assertEquals(merged.sort(), [1, 2, 3]);
  const broken = new ReadableStream<number>({ start: (c) => c.error(new TypeError("broken")) });
  await assertRejects(
    () => Array.fromAsync(mergeReadableStreams(ReadableStream.from([1]), broken)),
    TypeError,
    "broken",
  );
});

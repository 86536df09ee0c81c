import type { ByteSink } from "../capture/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import { type Template, templateOf, TEMPLATES } from "./ipfix_templates.ts";

/** How to write IPFIX. */
export interface IpfixOptions {
  /** Largest message in bytes: 65535 for files and TCP, less for UDP. */
  readonly messageBytes?: number | undefined;
  /** Observation domain id. */
  readonly domain?: number | undefined;
  /** Export time in seconds since 1970; the clock unless given. */
  readonly exportTime?: number | undefined;
  /** Messages after which the templates are sent again (UDP); never unless given (RFC 7011 section 8.4). */
  readonly templatesEvery?: number | undefined;
}

const VERSION = 10, TEMPLATE_SET = 2, MESSAGE_HEADER = 16, SET_HEADER = 4;

/**
 * Writes records as IPFIX messages (RFC 7011): biflows with reverse elements (RFC 5103), flowEndReason (136),
 * biflowDirection (239) and the connection id as flowId. Messages one behind the other are an IPFIX file (RFC
 * 5655).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IpfixWriter } from "./ipfix_writer.ts";
 *
 * const messages: Uint8Array[] = [];
 * const writer = new IpfixWriter((message) => messages.push(message.slice()), { exportTime: 5 });
 * writer.end();
 * assertEquals(messages.length, 1); // the templates
 * assertEquals([...messages[0]!.subarray(0, 2)], [0, 10]);
 * ```
 */
export class IpfixWriter {
  /** Data records written: the sequence number of the next message. */
  rows = 0;
  /** Messages given to the sink. */
  messages = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #most: number;
  #at = 0;
  #set = 0;
  #open: Template | undefined;
  #sequence = 0;

  constructor(readonly sink: ByteSink, readonly options: IpfixOptions = {}) {
    this.#most = Math.min(65_535, options.messageBytes ?? 65_535);
    this.#bytes = new Uint8Array(65_536);
    this.#view = new DataView(this.#bytes.buffer);
    this.#begin();
    this.#templates();
  }

  /** Adds all flow records of a batch. */
  write(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const template = templateOf(batch, row);
      if (template === undefined) continue;
      const need = template.bytes + (template === this.#open ? 0 : SET_HEADER);
      if (this.#at + need > this.#most) this.#send();
      if (template !== this.#open) {
        this.#closeSet();
        this.#openSet(template.id);
        this.#open = template;
      }
      let p = this.#at;
      const view = this.#view;
      for (const element of template.elements) {
        element.put(view, p, batch, row);
        p += element.bytes;
      }
      this.#at = p;
      this.rows++;
    }
  }

  /** Sends the message that is being filled. */
  flush(): void {
    if (this.#at > MESSAGE_HEADER) this.#send();
  }

  end(): void {
    this.flush();
  }

  #begin(): void {
    this.#at = MESSAGE_HEADER;
    this.#open = undefined;
    this.#set = 0;
    this.#sequence = this.rows;
  }

  #send(): void {
    this.#closeSet();
    const view = this.#view;
    view.setUint16(0, VERSION);
    view.setUint16(2, this.#at);
    view.setUint32(4, this.options.exportTime ?? Math.floor(Date.now() / 1000));
    view.setUint32(8, this.#sequence % 0x100000000);
    view.setUint32(12, this.options.domain ?? 1);
    this.sink(this.#bytes.subarray(0, this.#at));
    this.messages++;
    this.#begin();
    const every = this.options.templatesEvery;
    if (every !== undefined && this.messages % every === 0) this.#templates();
  }

  #openSet(id: number): void {
    this.#set = this.#at;
    this.#view.setUint16(this.#at, id);
    this.#at += SET_HEADER;
  }

  #closeSet(): void {
    if (this.#set > 0) this.#view.setUint16(this.#set + 2, this.#at - this.#set);
    this.#set = 0;
  }

  #templates(): void {
    const view = this.#view;
    this.#openSet(TEMPLATE_SET);
    for (const template of TEMPLATES) {
      view.setUint16(this.#at, template.id);
      view.setUint16(this.#at + 2, template.elements.length);
      this.#at += 4;
      for (const { id, bytes, pen } of template.elements) {
        view.setUint16(this.#at, pen === undefined ? id : id | 0x8000);
        view.setUint16(this.#at + 2, bytes);
        this.#at += 4;
        if (pen !== undefined) {
          view.setUint32(this.#at, pen);
          this.#at += 4;
        }
      }
    }
    this.#closeSet();
  }
}

/** Xpra's protocol over a Link, without the delays of its HTML5 client. */
import type { Link } from "../../../wire";
import { type Cipher, Decryption } from "./cipher";

export class Transport extends XpraProtocol {
  /** Null outside secure contexts, where only the client's own cipher works, which blocks the page. */
  private readonly decryption = isSecureContext ? this.newDecryption() : null;

  constructor(
    private readonly link: Link,
    /** Received data that is not a packet. */
    private readonly onGarbage: () => void,
  ) {
    super();
  }

  override open(): void {
    const { link } = this;
    this.websocket = link;
    link.onopen = () => {
      this.packet_handler(["open"], this.packet_ctx);
    };
    link.onclose = () => {
      this.packet_handler(["close"], this.packet_ctx);
    };
    link.onmessage = ({ data }) => {
      if (this.decryption) this.decryption.push(new Uint8Array(data));
      else this.receive(new Uint8Array(data));
    };
  }

  override send(packet: XpraPacket): void {
    this.sQ.push(packet);
    this.process_send_queue();
  }

  override error(...what: unknown[]): void {
    console.error(...what);
    if (String(what[0]).startsWith("error processing")) return;
    this.onGarbage();
  }

  override set_cipher_in(cipher: Cipher, key: string): void {
    if (this.decryption) this.decryption.begin(cipher, key);
    else super.set_cipher_in(cipher, key);
  }

  private newDecryption(): Decryption {
    return new Decryption(
      (bytes) => {
        this.receive(bytes);
      },
      (problem) => {
        this.error("error decrypting", problem);
      },
    );
  }

  private receive(bytes: Uint8Array): void {
    if (bytes.length > 0) this.rQ.push(bytes);
    this.process_receive_queue();
  }
}

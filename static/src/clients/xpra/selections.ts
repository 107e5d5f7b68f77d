/** The clipboard, as X11 selections in Xpra's protocol. */
import { fromBytes, toBytes } from "./wire/byte-text";

/** Longer texts wait until a program on the desktop asks for them. */
const PROVIDED_AT_ONCE = 65_536;
/** Not PRIMARY: selecting a text does not copy it, and the session handles pasting from PRIMARY. */
const SELECTION = "CLIPBOARD";
const TARGETS = ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT", "STRING"];
const TEXT = "UTF8_STRING";
/** The session passes on texts that come in pieces in this selection. */
const LONG_TEXTS = "SECONDARY";

type Token = [type: string, selection: string, targets: unknown, target: string, kind: string, format: number, encoding: string, data: string | number[]];
type Request = [type: string, id: number, selection: string];

export class Selections {
  /** Part of the client's greeting. */
  static readonly capabilities = {
    "clipboard": true,
    "clipboard.selections": [SELECTION, LONG_TEXTS],
    "clipboard.preferred-targets": TARGETS,
  };

  /** The text that the desktop may ask for. */
  private offered = "";

  constructor(
    private readonly client: XpraClient,
    private readonly received: (text: string) => void,
  ) {
    client.packet_handlers["clipboard-token"] = (packet: Token) => {
      this.hear(packet);
    };
    client.packet_handlers["clipboard-request"] = ([, id, selection]: Request) => {
      client.send_clipboard_string(id, selection, this.offered, TEXT);
    };
  }

  offer(text: string, now: boolean): void {
    this.offered = toBytes(text);
    this.send(now, true);
  }

  provide(): void {
    this.send(true, false);
  }

  private send(now: boolean, claim: boolean): void {
    const data = now && this.offered.length <= PROVIDED_AT_ONCE ? [TEXT, TEXT, 8, "bytes", this.offered] : ["", "", 8, "bytes", ""];
    const greedy = true;
    const synchronous = true;
    this.client.send(["clipboard-token", SELECTION, TARGETS, ...data, claim, greedy, synchronous]);
  }

  private hear([, , , target, , , , data]: Token): void {
    if (target) this.received(fromBytes(data));
  }
}

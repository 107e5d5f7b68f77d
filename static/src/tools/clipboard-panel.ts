/** The panel to copy and paste by hand, for browsers that do not let a page use the clipboard. */
import type { Clipboard } from "../clipboard";
import { copyText } from "../dom/copy-text";
import { element } from "../dom/element";

const OFF = "Your administrator has switched the clipboard off for this desktop.";
const IN_ONLY = "Your administrator allows pasting into the desktop, but not copying from it.";
const OUT_ONLY = "Your administrator allows copying from the desktop, but not pasting into it.";
const BOTH =
  "The usual keys for copy and paste work between this computer and the desktop where your browser allows it. " +
  "Where it does not, use this box.";
const NOT_COPIED = "Your browser does not let this page copy: press Ctrl+C to copy the text above.";

export class ClipboardPanel {
  private readonly dialog = element<HTMLDialogElement>("clipboard");
  private readonly text = element<HTMLTextAreaElement>("clipboard-text");
  private readonly status = element("clipboard-status");

  constructor(
    private readonly clipboard: Clipboard,
    closed: () => void,
  ) {
    const { inbound, outbound } = clipboard;
    element("clipboard-hint").textContent = inbound ? (outbound ? BOTH : IN_ONLY) : outbound ? OUT_ONLY : OFF;
    this.button("clipboard-in", inbound, () => {
      this.send();
    });
    this.button("clipboard-out", outbound, () => void this.copy());
    element("clipboard-field").hidden = !inbound && !outbound;
    this.text.readOnly = !inbound;
    this.dialog.addEventListener("close", closed);
  }

  open(): void {
    this.status.textContent = "";
    // A text that was typed here and sent may still be needed.
    if (this.clipboard.latest !== "") this.text.value = this.clipboard.latest;
    this.dialog.showModal();
    this.text.focus();
    this.text.select();
  }

  private button(id: string, allowed: boolean, run: () => void): void {
    element(id).hidden = !allowed;
    element(id).addEventListener("click", run);
  }

  private send(): void {
    this.clipboard.send(this.text.value);
    this.status.textContent = "Sent. Paste it on the desktop.";
  }

  private async copy(): Promise<void> {
    const { latest } = this.clipboard;
    if (latest === "") {
      this.status.textContent = "Nothing has been copied on the desktop yet.";
      return;
    }
    this.text.value = latest;
    const copied = await copyText(latest);
    this.text.focus();
    this.text.select();
    this.status.textContent = copied ? "Copied to this computer." : NOT_COPIED;
  }
}

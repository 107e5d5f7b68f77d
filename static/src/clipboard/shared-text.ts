/** Remembers which text each side has, so that nothing is sent twice and no echo goes back to where it came from. */
export class SharedText {
  private inBrowser: string | null = null;
  private onDesktop: string | null = null;

  /** Text found in the browser's clipboard: whether the desktop should be told. */
  fromBrowser(text: string): boolean {
    const known = plain(text);
    this.inBrowser = known;
    if (known === "" || known === this.onDesktop) return false;
    this.onDesktop = known;
    return true;
  }

  /** Text that came from the desktop: whether the browser's clipboard should be written. */
  fromDesktop(text: string): boolean {
    const known = plain(text);
    this.onDesktop = known;
    return known !== "" && known !== this.inBrowser;
  }

  /** The text reached the browser's clipboard. */
  written(text: string): void {
    this.inBrowser = plain(text);
  }

  browserHas(text: string): boolean {
    return this.inBrowser === plain(text);
  }

  /**
   * A new connection: the display server dropped what the old one had offered.
   * Returns text to offer again, if the browser's was the newest.
   */
  reconnected(): string | null {
    const offered = this.inBrowser !== null && this.inBrowser === this.onDesktop ? this.inBrowser : null;
    if (offered === null) this.onDesktop = null;
    return offered === "" ? null : offered;
  }
}

/** Windows' clipboard turns line ends into CR LF; the desktop's has LF. */
function plain(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

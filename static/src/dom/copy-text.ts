/**
 * Writes to the browser's clipboard: with the Clipboard API or, where that is missing (plain http) or not allowed, with
 * the older copy command, which needs a user gesture a few seconds before. Returns whether it worked.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

function copyByCommand(text: string): boolean {
  let taken = false;
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    taken = true;
  };
  const allow = (event: Event): void => {
    // Without this the command counts as disabled when nothing is selected.
    event.preventDefault();
  };
  document.addEventListener("beforecopy", allow);
  document.addEventListener("copy", fill, { capture: true });
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way outside secure contexts
    return document.execCommand("copy") && taken;
  } finally {
    document.removeEventListener("beforecopy", allow);
    document.removeEventListener("copy", fill, { capture: true });
  }
}

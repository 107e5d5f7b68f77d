import { fromBytes, toBytes } from "./byte-text";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A window's metadata with its title made safe: Xpra's HTML5 client takes it for HTML, and fails where it is not UTF-8. */
export function withSafeTitle(metadata: Record<string, unknown>): Record<string, unknown> {
  const { title } = metadata;
  return typeof title === "string" ? { ...metadata, title: safeTitle(title) } : metadata;
}

function safeTitle(bytes: string): string {
  return toBytes(fromBytes(bytes).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? ""));
}

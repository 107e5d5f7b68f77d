/**
 * Reads server-sent events (HTML Standard, section 9.2) from a fetch(), because an EventSource cannot send headers, and
 * JupyterHub requires the XSRF token. Returns when the stream ends.
 */
export async function readEvents(stream: ReadableStream<BufferSource>, heard: (type: string, data: string) => void): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) deliver(block, heard);
  }
}

function deliver(block: string, heard: (type: string, data: string) => void): void {
  const fields = new Map(block.split("\n").map(field));
  const type = fields.get("event");
  const data = fields.get("data");
  // Comments, which keep proxies from closing the stream, have neither.
  if (type !== undefined && data !== undefined) heard(type, data);
}

function field(line: string): [string, string] {
  const colon = line.indexOf(": ");
  return [line.slice(0, colon), line.slice(colon + 2)];
}

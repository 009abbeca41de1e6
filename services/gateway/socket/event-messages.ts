/** The hub's events, encoded once as server-sent bytes, as messages of a WebSocket. */

const encoded = new WeakMap<Buffer, readonly Buffer[]>();

/**
 * @param events  Whole events; the same bytes give the same messages, made once for all sockets.
 * @returns       `{"event":…,"id":…,"data":…}` for each event that has data.
 */
export function eventMessages(events: Buffer): readonly Buffer[] {
  let messages = encoded.get(events);
  if (!messages) {
    messages = events.toString().split('\n\n').flatMap(messageOf);
    encoded.set(events, messages);
  }
  return messages;
}

function messageOf(event: string): Buffer[] {
  let name = '';
  let id = '';
  let data: string | null = null;
  for (const line of event.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('id: ')) id = `"id":${JSON.stringify(line.slice(4))},`;
    else if (line.startsWith('data: ')) data = line.slice(6);
  }
  if (data === null) return [];
  return [Buffer.from(`{"event":${JSON.stringify(name)},${id}"data":${data}}`)];
}

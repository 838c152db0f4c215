import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** NotificationResponse ('A'), section 54.7. */
export interface NotificationResponse {
  readonly process: number;
  readonly channel: string;
  readonly payload: string;
}

export function decodeNotificationResponse(body: Reader): NotificationResponse {
  const process = body.uint32('process id');
  const channel = body.cstring('channel');
  const payload = body.cstring('payload');
  body.end();
  return { process, channel, payload };
}

export function encodeNotificationResponse({ process, channel, payload }: NotificationResponse): Buffer {
  return new Writer().begin('A').uint32(process).cstring(channel).cstring(payload).finish().result();
}

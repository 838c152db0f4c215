/** Messages that are their type and a length of four, section 54.7. */
function bodyless(type: string): Buffer {
  return Buffer.from([type.charCodeAt(0), 0, 0, 0, 4]);
}

/** From a client. MUST NOT be written into: they are shared. */
export const syncMessage = bodyless('S');
export const flushMessage = bodyless('H');
export const terminateMessage = bodyless('X');

/** From either side. */
export const copyDoneMessage = bodyless('c');

/** From a server. */
export const parseCompleteMessage = bodyless('1');
export const bindCompleteMessage = bodyless('2');
export const closeCompleteMessage = bodyless('3');
export const noDataMessage = bodyless('n');
export const portalSuspendedMessage = bodyless('s');
export const emptyQueryResponseMessage = bodyless('I');

import type { Socket } from 'node:net'

/**
 * Silence after which the kernel asks whether the other end is still there, milliseconds; it asks ten times, a second apart.
 * Probes of TCP and not pings of WebSocket: the gate puts no words into a conversation that is not its own, and an old
 * application need not bear pongs that it did not ask for. Behind a front, they tell of the front.
 */
const PROBE_AFTER = 30_000

/**
 * Finds ends of a WebSocket that are gone without a word, and ends that take nothing (W-06). A conversation may be silent for
 * hours; what may not be is an end that has been sent something and takes not a byte of it for so long.
 * @param patience milliseconds
 */
export const watchOver = (sockets: readonly Socket[], patience: number): void => {
  for (const socket of sockets) {
    socket.setKeepAlive(true, PROBE_AFTER)
    socket.setTimeout(patience)
    socket.on('timeout', () => {
      if (socket.writableLength > 0) socket.destroy()
    })
  }
}

import type { Exchange } from './exchange.ts'

/** As long as nginx lingers by default. */
const PATIENCE = 30_000

/**
 * For an answer that does not wait for the body (W-11): what the browser goes on sending is thrown away for a while, because
 * a browser that is cut off in the middle of an upload shows its own error and never the answer; then the connection ends.
 */
export const linger = ({ request }: Pick<Exchange, 'request'>, patience = PATIENCE): void => {
  if (request.complete) return
  const timer = setTimeout(() => request.socket.destroy(), patience).unref()
  request.once('close', () => clearTimeout(timer))
}

import type { Exchange } from './exchange.ts'

/**
 * Whether a request only opens a channel on which the application will speak: a WebSocket, an event stream. Pages open them by
 * themselves, and again whenever they break, so that this is no sign of a person (G17).
 */
export const opensChannel = ({ upgradeHead, request }: Exchange): boolean =>
  upgradeHead !== null || request.headers.accept?.includes('text/event-stream') === true

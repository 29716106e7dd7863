import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The answer that is being given on a connection of Node's HTTP server; null between two requests. Node keeps this in a
 * field that has stood there since its first versions; a list of our own would hold every last answer in memory for as long
 * as its idle connection lives.
 */
export const answerUnderWay = (socket: Duplex): ServerResponse | null =>
  (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? null

import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { listen } from '../../kit/ports.ts'

/** Sends every WebSocket message back. A program of its own, so that it shares no event loop with the load. */

const server = createServer((_, response) => response.writeHead(426).end())
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
})
const port = await listen(server)
process.stdout.write(`listening on ${port}\n`)

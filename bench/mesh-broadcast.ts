import { type WebSocket, WebSocketServer } from 'ws';

/** The limit beside the hub: what it is told is sent to everybody, with nothing signed, stored or waited for. */
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  maxPayload: 2 ** 25,
});
const all = new Set<WebSocket>();
server.on('connection', (socket, request) => {
  all.add(socket);
  socket.on('close', () => all.delete(socket));
  if (request.url === '/speak')
    socket.on('message', data => {
      const text = String(data);
      for (const other of all) if (other !== socket) other.send(text);
    });
});
server.on('listening', () => {
  const address = server.address();
  process.stdout.write(`ready ${typeof address === 'object' ? address?.port : 0}\n`);
});

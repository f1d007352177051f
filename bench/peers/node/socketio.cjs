// Socket.IO as its documentation shows it: what a publisher emits goes to everybody else. One process.
'use strict'

const { createServer } = require('node:http')
const { Server } = require('socket.io')

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false, perMessageDeflate: false })

io.on('connection', (socket) => {
  socket.on('p', (data) => socket.broadcast.emit('m', data))
})

http.listen(Number(process.argv[2]), '127.0.0.1')

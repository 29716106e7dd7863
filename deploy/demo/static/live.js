// « Activité en direct »: one event source, one WebSocket, some calls. Demo only.
;(function () {
  function byId(id) {
    return document.getElementById(id)
  }
  function log(list, text) {
    var line = document.createElement('li')
    line.textContent = new Date().toLocaleTimeString('fr-FR') + '  ' + text
    byId(list).insertBefore(line, byId(list).firstChild)
  }

  var source = new EventSource('/dcc/events')
  source.addEventListener('rcp', function (event) {
    log('events', JSON.parse(event.data).message)
  })
  source.onerror = function () {
    log('events', 'connexion interrompue')
  }

  var socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/dcc/ws')
  socket.onopen = function () {
    log('chat-log', 'connecté')
  }
  socket.onclose = function () {
    log('chat-log', 'déconnecté')
  }
  socket.onmessage = function (event) {
    log('chat-log', 'reçu : ' + event.data)
  }
  byId('chat').onsubmit = function (event) {
    event.preventDefault()
    log('chat-log', 'envoyé : ' + byId('chat-text').value)
    socket.send(byId('chat-text').value)
  }

  Array.prototype.forEach.call(document.querySelectorAll('[data-xhr]'), function (button) {
    button.onclick = function () {
      var call = new XMLHttpRequest()
      call.open(button.dataset.method || 'GET', button.dataset.xhr)
      call.setRequestHeader('X-Requested-With', 'XMLHttpRequest')
      call.setRequestHeader('Accept', 'application/json')
      call.onload = function () {
        log('xhr-log', call.status + ' ' + call.responseText)
      }
      call.send()
    }
  })
})()

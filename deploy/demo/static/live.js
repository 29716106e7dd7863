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

  // The gate says so when the session is over: its dialog then shows at once, and nothing connects again in vain.
  function sessionOver() {
    document.dispatchEvent(new Event('portillon:check'))
  }

  var source = new EventSource('/dcc/events')
  source.addEventListener('rcp', function (event) {
    log('events', JSON.parse(event.data).message)
  })
  source.addEventListener('portillon', function () {
    source.close()
    log('events', 'session terminée')
    sessionOver()
  })
  source.onerror = function () {
    log('events', 'connexion interrompue')
  }

  var socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/dcc/ws')
  socket.onopen = function () {
    log('chat-log', 'connecté')
  }
  socket.onclose = function (event) {
    log('chat-log', 'déconnecté')
    if (event.code === 4401) sessionOver()
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

// What every page of the old application does by itself: menu, clock, poll. Demo only.
;(function () {
  function byId(id) {
    return document.getElementById(id)
  }

  var button = byId('menu')
  var menu = byId('start-menu')
  function show(open) {
    menu.hidden = !open
    button.setAttribute('aria-expanded', String(open))
  }
  button.onclick = function (event) {
    event.stopPropagation()
    show(menu.hidden)
  }
  document.addEventListener('click', function () {
    show(false)
  })
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') show(false)
  })

  function tick() {
    var now = new Date()
    byId('clock').textContent = ('0' + now.getHours()).slice(-2) + ':' + ('0' + now.getMinutes()).slice(-2)
  }
  tick()
  setInterval(tick, 10000)

  // A request of the page itself, not of the person: the gate must not take it for activity, and says 401 when it is over.
  function poll() {
    var call = new XMLHttpRequest()
    call.open('GET', '/dcc/api/poll')
    call.setRequestHeader('X-Requested-With', 'XMLHttpRequest')
    call.setRequestHeader('Accept', 'application/json')
    call.onload = function () {
      byId('session-lost').hidden = call.status !== 401
      // The gate's script then looks at once, and offers to sign in beside this page.
      if (call.status === 401) document.dispatchEvent(new Event('portillon:check'))
      if (call.status !== 200) return
      var alerts = JSON.parse(call.responseText).alerts
      byId('alerts').textContent = alerts === 0 ? '' : alerts + ' dossier(s) à relire'
    }
    call.send()
  }
  poll()
  setInterval(poll, 20000)
})()

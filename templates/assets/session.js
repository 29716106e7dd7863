// Portillon, for pages of the application: warns before the session ends, and lets the person sign in again beside their
// page. See deploy/session-script.md
;(() => {
  const script = document.currentScript
  const base = new URL('../', script.src).pathname
  const WARN = Number(script.dataset.warn) || 120

  const host = document.createElement('portillon-session')
  const root = host.attachShadow({ mode: 'open' })
  root.innerHTML = `<p class="said" role="status"></p>
<dialog role="dialog" aria-labelledby="title" aria-describedby="words"><h2 id="title"></h2><p id="words"></p><p class="said" role="status"></p>
<button class="main" id="stay"></button><a class="main" id="sign" target="portillon-sign-in"></a><button class="main" id="load"></button><button id="close"></button></dialog>`
  // Neither attribute nor element of style: the page's policy for styles is not asked.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`*{box-sizing:border-box;font:16px/1.5 system-ui,sans-serif}
dialog{width:min(416px,calc(100vw - 32px));padding:24px;border:1px solid #8a949c;border-radius:8px;background:#fff;color:#14202a}
dialog::backdrop{background:rgb(0 20 30/.45)}
.aside{position:fixed;inset:auto 16px 16px auto;margin:0;z-index:2147483647}
h2{margin:0 0 8px;font-weight:600}#words{margin:0 0 16px}
button,a{display:block;width:100%;min-height:44px;margin-top:8px;padding:9px;border:1px solid #0b5c8c;border-radius:8px;background:#fff;color:#0b5c8c;text-align:center;text-decoration:none}
.main{background:#0b5c8c;color:#fff;font-weight:600}:focus-visible{outline:3px solid #b35900;outline-offset:2px}
[hidden]{display:none}.said{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)}`)
  root.adoptedStyleSheets = [sheet]
  const of = (id) => root.getElementById(id)
  const dialog = root.querySelector('dialog')
  of('sign').href = `${base}sign-in/again`

  const channel = window.BroadcastChannel && new BroadcastChannel('portillon')
  let texts
  let person
  let state
  let endsAt = 0
  let longest = 0
  let isHard = false
  let isDismissed = false
  let failures = 0
  let asked = 0
  let timer

  const tell = (words) => root.querySelectorAll('.said').forEach((region) => (region.textContent = words))
  const later = (seconds, then) => {
    clearTimeout(timer)
    timer = setTimeout(then, seconds * 1000)
  }
  const left = () => Math.max(0, Math.ceil((endsAt - Date.now()) / 1000))
  const time = () => (left() > 90 ? `${Math.ceil(left() / 60)} min` : `${left()} s`)

  const show = (next) => {
    const isNew = next !== state
    state = next
    if (isNew) {
      isDismissed = false
      if (dialog.open) dialog.close('moved')
    }
    const main = { soon: isHard ? '' : 'stay', over: 'sign', other: 'load' }[next]
    of('title').textContent = texts[next]
    of('words').textContent = texts[next === 'soon' && isHard ? 'hardWords' : `${next}Words`].replace('{time}', time())
    for (const id of ['stay', 'sign', 'load']) of(id).hidden = id !== main
    if (dialog.open || isDismissed) return
    document.body.append(host)
    dialog.classList.remove('aside')
    dialog.showModal()
  }

  const tick = () => {
    if (state !== 'soon') return
    if (left() === 0) return ask()
    show('soon')
    if ([60, 30, 10].includes(left())) tell(of('words').textContent)
    later(1, tick)
  }

  const learn = ({ session, same, texts: given }) => {
    if (given) {
      texts = given
      for (const id of ['stay', 'sign', 'load', 'close']) of(id).textContent = texts[id]
    }
    if (!session) return person && show('over')
    // This page is somebody else's (R28).
    if (same === false) return show('other')
    person = session.person
    endsAt = Date.now() + session.left * 1000 + 1000
    isHard = session.absolute <= session.left
    longest = Math.max(longest, session.left)
    const warn = Math.min(WARN, longest / 2)
    if (session.left <= warn) {
      show('soon')
      return later(1, tick)
    }
    if (state) tell(texts.back)
    state = undefined
    if (dialog.open) dialog.close('done')
    later(session.left - warn, ask)
  }

  // Never reloads, never asks on and on: after five failures it waits for the person (R10).
  const call = async (method, headers) => {
    asked = Date.now()
    const query = person ? `person=${person}` : `lang=${document.documentElement.lang}`
    try {
      const answer = await fetch(`${base}session?${query}`, { method, headers, cache: 'no-store' })
      const known = await answer.json()
      // One that is always about to end would be asked about for ever.
      if (!answer.ok || known.session?.left < 1) throw answer
      failures = 0
      learn(known)
      return true
    } catch {
      failures += 1
      later(5 * failures, ask)
      return false
    }
  }
  const ask = () => failures < 5 && call('GET')
  const look = () => document.visibilityState === 'visible' && Date.now() - asked > 1000 && ask()

  of('stay').onclick = async () => {
    if (await call('POST', { 'x-portillon-stay': '1' })) channel?.postMessage('stayed')
    else tell((of('words').textContent = texts.down))
  }
  of('sign').onclick = (event) => {
    failures = 0
    if (open(`${base}sign-in/again?beside`, 'portillon-sign-in', 'popup,width=480,height=760')) event.preventDefault()
  }
  of('load').onclick = () => location.reload()
  of('close').onclick = () => dialog.close('')
  dialog.onclose = () => {
    const isOurs = dialog.returnValue
    dialog.returnValue = ''
    if (isOurs) return
    isDismissed = true
    if (state === 'soon' || dialog.classList.contains('aside')) return
    const focused = document.activeElement
    dialog.classList.add('aside')
    dialog.show()
    focused.focus()
  }
  if (channel) channel.onmessage = ask
  document.addEventListener('portillon:check', look)
  document.addEventListener('visibilitychange', look)
  addEventListener('focus', look)
  addEventListener('pageshow', (event) => event.persisted && ask())
  ask()
})()

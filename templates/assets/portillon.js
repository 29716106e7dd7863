/**
 * What the pages can do better with a script. Everything works without it; every text comes from the page, so that it is in
 * the page's language. Old workstations: nothing newer than the browsers of 2022.
 */

const all = (selector) => [...document.querySelectorAll(selector)]
const seconds = (element, name) => Number(element.getAttribute(name)) || 0

/** Says something to screen readers without moving the reader. */
const announce = (text) => {
  const region = document.getElementById('announcements')
  if (region !== null) region.textContent = text
}

/**
 * Calls `onChange` with the whole seconds left, at each second and at zero. Counted from the clock, because timers stand
 * still while a laptop sleeps.
 */
const countDown = (total, onChange) => {
  const end = Date.now() + total * 1000
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000))
    onChange(left)
    if (left === 0) clearInterval(timer)
  }
  const timer = setInterval(tick, 1000)
  tick()
}

/** The life of the code: written every second, spoken at two minutes, at thirty seconds and at the end only. */
const showTimeLeft = (element) => {
  let before = Infinity
  countDown(seconds(element, 'data-countdown'), (left) => {
    const crossed = (mark) => before > mark && left <= mark && before !== Infinity
    if (left === 0) {
      element.textContent = element.dataset.over
      element.parentElement.classList.add('is-over')
      if (before !== Infinity) announce(element.dataset.over)
    } else {
      const time = left >= 60 ? `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, '0')} s` : `${left} s`
      element.textContent = element.dataset.left.replace('{time}', time)
      if (crossed(120)) announce(element.dataset.announceMinutes)
      if (crossed(30)) announce(element.dataset.announceSeconds)
    }
    before = left
  })
}

/** The resend button sleeps until another code may be asked for; it stays reachable, so that it can say how long. */
const wakeLater = (button) => {
  const total = seconds(button, 'data-wait')
  if (total === 0) return
  const note = document.createElement('span')
  note.className = 'button-wait'
  button.append(note)
  button.setAttribute('aria-disabled', 'true')
  countDown(total, (left) => {
    note.textContent = button.dataset.waiting.replace('{seconds}', String(left))
    if (left > 0) return
    note.remove()
    button.removeAttribute('aria-disabled')
    if (document.activeElement === button) announce(button.dataset.ready)
  })
}

const offerToShowPassword = (button) => {
  const input = document.getElementById(button.dataset.showPassword)
  const show = (isShown) => {
    input.type = isShown ? 'text' : 'password'
    button.textContent = isShown ? button.dataset.hide : button.dataset.show
    button.setAttribute('aria-label', isShown ? button.dataset.hideLabel : button.dataset.showLabel)
  }
  show(false)
  button.hidden = false
  input.parentElement.classList.add('has-button')
  button.addEventListener('click', () => {
    const isShown = input.type === 'password'
    show(isShown)
    announce(isShown ? button.dataset.shown : button.dataset.hidden)
  })
  // A shown password must not end up among the browser's remembered form texts.
  input.form.addEventListener('submit', () => show(false))
}

const warnOfCapsLock = (hint) => {
  const input = document.getElementById(hint.dataset.capsLock)
  const update = (event) => {
    const isOn = typeof event.getModifierState === 'function' && event.getModifierState('CapsLock')
    const text = isOn ? hint.dataset.text : ''
    if (hint.textContent !== text) hint.textContent = text
  }
  input.addEventListener('keydown', update)
  input.addEventListener('keyup', update)
  input.addEventListener('blur', () => (hint.textContent = ''))
}

/** Codes are copied with blanks, as « 482 913 »; the field keeps what counts. */
const keepDigits = (input) => {
  input.addEventListener('input', () => {
    const digits = input.value.replace(/[^0-9]/g, '')
    if (digits !== input.value) input.value = digits
  })
}

/** A second click while the answer is on its way would send the form twice. */
const sendOnce = (form) => {
  let sentAt = -Infinity
  form.addEventListener('submit', (event) => {
    const isAsleep = event.submitter !== null && event.submitter?.getAttribute('aria-disabled') === 'true'
    if (isAsleep || Date.now() - sentAt < 8000) event.preventDefault()
    else sentAt = Date.now()
  })
  addEventListener('pageshow', () => (sentAt = -Infinity))
}

/** Old single-page menus keep their place behind `#`, which no server sees: it travels on in the addresses of the page. */
const keepFragment = () => {
  const fragment = location.hash
  if (fragment === '' || fragment === '#content') return
  for (const element of all('[data-keep-fragment]')) {
    const name = element instanceof HTMLFormElement ? 'action' : 'href'
    const address = element.getAttribute(name)
    if (address !== null && !address.includes('#')) element.setAttribute(name, address + fragment)
  }
}

/** Links within the page move the focus without writing into the address, where the fragment above must stay. */
const focusWithin = (link) => {
  link.addEventListener('click', (event) => {
    const target = document.getElementById(link.getAttribute('href').slice(1))
    if (target === null) return
    event.preventDefault()
    target.focus()
    target.scrollIntoView({ block: 'center' })
  })
}

const offerToCopy = (button) => {
  if (navigator.clipboard === undefined) return
  const label = button.querySelector('span')
  const before = label.textContent
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    label.textContent = button.dataset.done
    announce(button.dataset.done)
    setTimeout(() => (label.textContent = before), 3000)
  })
}

/** At most two automatic continuations a minute and tab: when they lead back here, the person decides. */
const mayContinue = () => {
  const key = 'portillon-continued'
  const recent = (sessionStorage.getItem(key) ?? '')
    .split(' ')
    .map(Number)
    .filter((time) => time > Date.now() - 60_000)
  if (recent.length >= 2) return false
  sessionStorage.setItem(key, [...recent, Date.now()].join(' '))
  return true
}

/**
 * When another tab has signed in, this one continues to its own page (R4). Asked when the person comes back to the tab, not
 * more often than every three seconds, not more than fifty times, and not again after three failures.
 */
const followOtherTabs = (form) => {
  let asked = 0
  let failed = 0
  let last = 0

  const addressOf = () => {
    const url = new URL(form.dataset.session, location.href)
    const target = form.elements.namedItem('to')?.value ?? ''
    // A target that does not fit into an address is left out: the answer then leads to the first page.
    if (target !== '' && target.length < 6000) url.searchParams.set('to', target)
    return url
  }

  const ask = async () => {
    if (document.visibilityState !== 'visible' || asked >= 50 || failed >= 3 || Date.now() - last < 3000) return
    asked += 1
    last = Date.now()
    try {
      const answer = await fetch(addressOf(), { headers: { accept: 'application/json' }, cache: 'no-store' })
      if (!answer.ok) throw new Error(String(answer.status))
      const { signedIn, continue: next } = await answer.json()
      if (signedIn !== true || typeof next !== 'string') return
      const url = new URL(next, location.origin)
      if (url.origin !== location.origin || !mayContinue()) return
      if (url.hash === '') url.hash = location.hash
      location.replace(url)
    } catch {
      failed += 1
    }
  }

  document.addEventListener('visibilitychange', ask)
  addEventListener('focus', ask)
  addEventListener('pageshow', (event) => event.persisted && ask())
}

/** Our COOP parts the small window from the page that opened it, and takes its name away: it gets one of its own. */
const SMALL_WINDOW = 'portillon-beside'
if (location.search === '?beside') window.name = SMALL_WINDOW

/** The page beside this window is told, and goes on; a window that its page has opened closes by itself. */
const tellPageBeside = () => {
  new BroadcastChannel('portillon').postMessage('signed-in')
  if (window.name === SMALL_WINDOW) close()
}

all('[data-print]').forEach((button) => {
  button.hidden = false
  button.addEventListener('click', () => print())
})
all('[data-countdown]').forEach(showTimeLeft)
all('[data-wait]').forEach(wakeLater)
all('[data-show-password]').forEach(offerToShowPassword)
all('[data-caps-lock]').forEach(warnOfCapsLock)
all('[data-code]').forEach(keepDigits)
all('[data-once]').forEach(sendOnce)
all('[data-copy]').forEach(offerToCopy)
all('a[href^="#"]').forEach(focusWithin)
all('[data-session]').forEach(followOtherTabs)
all('[data-signed-in-again]').forEach(tellPageBeside)
keepFragment()

// A page that names a person must not be shown again from the browser's memory after sign-out (R27).
addEventListener('pageshow', (event) => {
  if (event.persisted && document.body.hasAttribute('data-reload')) location.reload()
})

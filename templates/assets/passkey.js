/**
 * Passkeys: hands the page's question to the browser, and the browser's answer to the form. Every text comes from the page.
 * Where the browser cannot do it, the button stays away, and the page says so and leads to another way.
 */

const form = document.querySelector('[data-passkey]')
const said = document.querySelector('[data-passkey-said]')
const button = form.querySelector('[data-passkey-button]')
const isMaking = form.dataset.passkey === 'create'

const say = (text) => {
  said.querySelector('.alert-text').textContent = text
  said.hidden = text === ''
}

/** The names are those of WebAuthn §5.1.3 and §5.1.4; browsers say no more, so that pages learn nothing of who has what. */
const textOf = ({ name }) => {
  if (name === 'NotAllowedError' || name === 'AbortError') return form.dataset.cancelled
  return name === 'InvalidStateError' ? (form.dataset.known ?? form.dataset.failed) : form.dataset.failed
}

const ask = () => {
  const options = JSON.parse(form.dataset.options)
  return isMaking
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
}

let isBusy = false
const go = async () => {
  if (isBusy) return
  isBusy = true
  say('')
  try {
    // Written by its own `toJSON`.
    form.elements.namedItem('credential').value = JSON.stringify(await ask())
    form.submit()
  } catch (error) {
    say(textOf(error))
    isBusy = false
  }
}

const isKnown =
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function' &&
  typeof PublicKeyCredential.prototype.toJSON === 'function'

form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (isKnown) void go()
})
if (!isKnown) say(form.dataset.old)
else {
  button.hidden = false
  // Some browsers want to see a hand first: then they say no, and the button is there.
  if (form.hasAttribute('data-starts')) void go()
}
// Back from the next page: this question has had its answer.
addEventListener('pageshow', (event) => event.persisted && location.reload())

/**
 * The page of a new password: each rule that the page can judge is ticked while the person types, and a bar says how strong
 * the password looks. The server judges again, with a list of common passwords that would be too large here. Every text
 * comes from the page. Nothing that is typed leaves the page before the form is sent.
 */

const fold = (text) =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/œ/g, 'oe').replace(/æ/g, 'ae')
const squash = (text) => fold(text).replace(/[^\p{L}\p{N}]/gu, '')
const lengthOf = (text) => [...text].length

/** As in src/accounts/password-rules.ts and password-names.ts. */
const CLASSES = {
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  digit: /\p{Nd}/u,
  special: /[^\p{L}\p{M}\p{N}]/u,
  'digit-or-special': /\p{Nd}|[^\p{L}\p{M}\p{N}]/u,
}
const LEAST_REST = 8

const isFreeOf = (names, password) => {
  const text = squash(password)
  const rest = names.reduce((left, name) => left.split(name).join(' '), text)
  return rest === text || lengthOf(rest.replace(/ /g, '')) >= LEAST_REST
}

/** Whether a rule is met; null for those that only the server can judge. */
const judge = (rule, names, password) => {
  const composed = password.normalize('NFC')
  const { rule: id, least } = rule.dataset
  if (password === '') return false
  if (id === 'length') return lengthOf(composed) >= Number(least)
  if (id === 'names') return isFreeOf(names, composed)
  return CLASSES[id] === undefined ? null : CLASSES[id].test(composed)
}

/** What people add and begin with: it is worth little more than one character. */
const HABITS =
  /azerty|qwerty|qsdf|wxcv|motdepasse|password|passe|bonjour|soleil|doudou|loulou|chouchou|admin|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|printemps|automne|hiver|(?:19|20)\d\d|(.)\1+|0?123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?|abc(?:d(?:ef?)?)?/g

/** How strong it looks, 0 to 4, from what is left when habits and names are taken out: a guess, the server's word counts. */
const strengthOf = (names, password) => {
  let text = fold(password.normalize('NFC'))
  for (const name of names) text = text.split(name).join('a')
  text = text.replace(HABITS, 'a')
  const kinds = Object.values(CLASSES)
    .slice(0, 4)
    .filter((kind) => kind.test(password)).length
  const different = new Set(text).size
  const bits = Math.min(lengthOf(text), different * 2) * (2.2 + 0.5 * kinds)
  return [20, 30, 42, 56].filter((least) => bits >= least).length
}

const showRules = (list) => {
  const input = document.getElementById(list.dataset.rules)
  const names = list.dataset.names.split(' ').filter((name) => name !== '')
  const rules = [...list.querySelectorAll('[data-rule]')]
  const announcements = document.getElementById('announcements')
  let before = false
  const update = () => {
    let isAllMet = true
    for (const rule of rules) {
      const isMet = judge(rule, names, input.value)
      if (isMet === null) continue
      isAllMet = isAllMet && isMet
      rule.classList.toggle('rule-met', isMet)
      if (isMet) rule.classList.remove('rule-unmet')
      const state = rule.querySelector('[data-state]')
      state.textContent = ` ${isMet ? list.dataset.done : list.dataset.todo}`
    }
    // Said once, when the last one is met: more would talk over what is being typed.
    if (isAllMet !== before && announcements !== null) announcements.textContent = isAllMet ? list.dataset.all : ''
    before = isAllMet
  }
  list.querySelector('[data-at-save]').hidden = rules.every((rule) => judge(rule, names, 'a') !== null)
  input.addEventListener('input', update)
  if (input.value !== '') update()
}

const showStrength = (meter) => {
  const input = document.getElementById(meter.dataset.strength)
  const names = document.querySelector('[data-names]').dataset.names.split(' ').filter((name) => name !== '')
  const words = meter.dataset.words.split('|')
  const label = meter.querySelector('.strength-word')
  const update = () => {
    meter.hidden = input.value === ''
    const level = strengthOf(names, input.value)
    meter.className = `strength strength-${level}`
    label.textContent = meter.dataset.label.replace('{word}', words[level])
  }
  input.addEventListener('input', update)
  update()
}

document.querySelectorAll('[data-rules]').forEach(showRules)
document.querySelectorAll('[data-strength]').forEach(showStrength)

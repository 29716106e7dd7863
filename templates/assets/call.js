// Sends what the gate has verified on to the application, as if the button had been pressed. A page that is come back to is
// left alone: the person decides.
const form = document.querySelector('[data-send-once]')
const [navigation] = performance.getEntriesByType('navigation')
if (form !== null && navigation?.type !== 'back_forward' && navigation?.type !== 'reload') form.requestSubmit()

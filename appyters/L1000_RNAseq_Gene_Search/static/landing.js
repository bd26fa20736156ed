// What the framework says of a run, in plain words: an answer that is there needs none.
(function () {
  'use strict'
  const WORDS = { 'Starting': 'Starting…', 'Submitting execution...': 'Waiting for a turn…', 'Executing...': 'Searching…', 'Success': '' }
  const style = document.createElement('style')
  style.textContent = '.alert[data-said] { font-size: 0 } .alert[data-said]::before { content: attr(data-said); font-size: 1rem } ' +
    '.alert[data-said=""] { display: none }'
  document.head.append(style)
  function reword() {
    for (const alert of document.querySelectorAll('.alert')) { // its text stays the framework's, which changes it
      if (alert.textContent in WORDS) alert.dataset.said = WORDS[alert.textContent]
      else delete alert.dataset.said
    }
  }
  new MutationObserver(reword).observe(document.body, { childList: true, subtree: true, characterData: true })
})()

// The form: deep links, names of genes, present values, what is wrong before it is sent, lists of genes.
(function () {
  'use strict'
  const form = document.getElementById('search'), told = document.getElementById('told')
  const fields = Array.from(form.elements).filter(e => e.name)

  function say(where, text, wrong) {
    where.textContent = text
    where.className = wrong ? 'wrong' : ''
  }

  // what is folded away says what it is set to
  function shown(field) {
    return field.tagName === 'SELECT' ? field.selectedOptions[0].textContent : field.value
  }
  function isSet(field) {
    const first = field.tagName === 'SELECT' ? field.querySelector('[selected]') || field.options[0] : field
    return field.value !== (field.tagName === 'SELECT' ? first.value : field.defaultValue)
  }
  function summarise() {
    for (const part of form.querySelectorAll('details')) {
      const now = part.querySelector('.now')
      const set = Array.from(part.querySelectorAll('input, select')).filter(isSet)
      now.textContent = set.map(f => f.labels[0].textContent + ' ' + shown(f)).join('; ') || now.dataset.unchanged
    }
  }

  // a range of doses has its lower end first
  function checkDoses() {
    const low = document.getElementById('min_dose'), high = document.getElementById('max_dose')
    if (!low || !high) return
    const turned = low.value !== '' && high.value !== '' && Number(low.value) > Number(high.value)
    high.setCustomValidity(turned ? 'The highest dose is below the lowest one.' : '')
  }

  // the server says what a name is taken for, or why it cannot be asked; without it the form is sent as it is
  async function ask(path, options) {
    let answer
    try { answer = await fetch('api/' + path, options) } catch (e) { return {} }
    const kind = answer.headers.get('Content-Type') || ''
    return kind.startsWith('application/json') ? answer.json() : {}
  }
  async function check() {
    const asked = new URLSearchParams(fields.filter(f => f.name !== 'concordant').map(f => [f.name, f.value]))
    const values = JSON.stringify(fields.map(f => f.value))
    const answer = await ask('check?' + asked)
    if (values !== JSON.stringify(fields.map(f => f.value))) return check() // it was changed meanwhile
    say(told, answer.error || answer.taken_for || '', Boolean(answer.error))
    return !answer.error
  }

  const names = document.getElementById('genes')
  let typing
  function complete(input) {
    clearTimeout(typing)
    typing = setTimeout(async () => {
      const answer = await ask('genes?q=' + encodeURIComponent(input.value))
      names.replaceChildren(...(answer.genes || []).map(gene => {
        const option = document.createElement('option')
        option.value = gene.name
        if (gene.name !== gene.symbol) option.label = gene.name + ' is ' + gene.symbol
        return option
      }))
    }, 120)
  }

  function openWrong(field) {
    const part = field.closest('details')
    if (part) part.open = true
  }
  async function submit() {
    checkDoses()
    const wrong = fields.find(f => !f.checkValidity())
    if (wrong) {
      openWrong(wrong)
      wrong.reportValidity()
      return
    }
    if (await check()) form.submit()
    else document.getElementById('gene').focus()
  }

  // #?args.gene=MYC&args.cell=HT115 fills the form in; &submit sends it
  function follow() {
    const given = new URLSearchParams(location.hash.replace(/^#\/?\??/, ''))
    for (const field of fields) {
      const value = given.get('args.' + field.name)
      if (value === null) continue
      const label = field.labels[0].textContent, brief = value.slice(0, 40)
      if (field.tagName !== 'SELECT') {
        field.value = value
        if (value && !field.value) return say(told, label + ': ' + brief + ' is no number; expected a number.', true)
      } else {
        const option = Array.from(field.options).find(o => o.value.toLowerCase() === value.toLowerCase())
        if (!option) return say(told, label + ': there is no ' + brief + ' here.', true)
        field.value = option.value
      }
    }
    summarise()
    if (given.has('submit')) submit()
    else if (location.hash) check()
  }

  form.addEventListener('submit', event => { event.preventDefault(); submit() })
  form.addEventListener('input', event => {
    if (event.target.list) complete(event.target)
    checkDoses()
    summarise()
  })
  form.addEventListener('change', check)
  for (const link of document.querySelectorAll('.examples a')) {
    link.addEventListener('click', () => { form.reset(); setTimeout(follow) })
  }
  window.addEventListener('hashchange', follow)
  window.addEventListener('pageshow', summarise)

  const lists = document.getElementById('match'), matched = document.getElementById('matched')
  const COLUMNS = [['direction', 'direction'], ['pert_iname', 'perturbagen'], ['type', 'type'], ['score', 'score'],
    ['median', 'median score'], ['signatures', 'signatures'], ['cell_lines', 'cell lines'], ['cell_id', 'best in']]
  function cell(kind, value) {
    const made = document.createElement(kind), isNumber = typeof value === 'number'
    made.textContent = isNumber && !Number.isInteger(value) ? value.toFixed(2) : value === null ? '' : value
    if (isNumber) made.className = 'n'
    return made
  }
  function table(rows) {
    const made = document.createElement('table'), head = made.createTHead().insertRow()
    for (const [name, label] of COLUMNS) {
      const th = cell('th', label)
      th.scope = 'col'
      if (rows.length && typeof rows[0][name] === 'number') th.className = 'n'
      head.append(th)
    }
    const body = made.createTBody()
    for (const row of rows) body.insertRow().append(...COLUMNS.map(([name]) => cell('td', row[name])))
    return made
  }
  lists.addEventListener('submit', async event => {
    event.preventDefault()
    const button = lists.querySelector('button'), place = document.getElementById('perturbagens')
    button.disabled = true
    place.replaceChildren()
    say(matched, 'Every signature is compared…')
    const body = JSON.stringify({ up: lists.querySelector('#up').value, down: lists.querySelector('#down').value })
    const answer = await ask('match', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
    button.disabled = false
    if (!answer.rows) return say(matched, answer.error || 'The server does not answer; try again.', true)
    const left = answer.unknown.length ? ' Unknown: ' + answer.unknown.slice(0, 10).join(', ') + '.' : ''
    const renamed = answer.renamed.length ? ' Read by another name: ' + answer.renamed.slice(0, 10).join(', ') + '.' : ''
    say(matched, answer.genes + '.' + left + renamed)
    place.append(table(answer.rows))
  })

  follow()
})()

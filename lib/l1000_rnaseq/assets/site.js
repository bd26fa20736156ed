// The static site: cards are scripts, since a page opened from disk may not fetch anything else.
(function () {
  'use strict';
  var L = window.l1000, el = L.el, root = document.getElementById('l1k-page'), shared, names, cards = {}, waiting = {};
  L.site = true;

  function load(address, failed) {
    document.head.append(el('script', {src: address, onerror: failed || function () {}}));
  }
  // a card, with what all genes share
  function whole(card) {
    var a = Object.assign({}, shared.about), g = card.gene.symbol, of = shared.perturbagens, place = new Map(of.perturbagen.map(function (name, k) { return [name, k]; }));
    a.python = a.python.split('%GENE%').join(g);
    a.command = a.command.split('%GENE%').join(g);
    var consensus = Object.assign({}, card.consensus);
    Object.keys(of).forEach(function (column) {
      consensus[column] = consensus[column] || card.consensus.perturbagen.map(function (name) { return of[column][place.get(name)]; });
    });
    var words = function (digits) { return digits.split('').map(function (k) { return shared.grades[k]; }); };
    var none = function (column) { return column.map(function () { return null; }); }, cells = [], said = [], flat = card.heat.cells, width = card.heat.cell_id.length, at = 0;
    for (var k = 0; k < flat.length; k += 3) { // each with how far it is from the one before
      at += flat[k];
      cells.push([Math.floor(at / width), at % width, flat[k + 1], flat[k + 2]]);
    }
    var evidence = card.evidence.consensus.map(function (row) {
      return row.map(function (parts) { // [template, numbers…]
        var template = card.evidence.said[parts[0]], n = 0;
        said.push([template[0], template[1].replace(/#/g, function () { n += 1; return parts[n]; })]);
        return said.length - 1;
      });
    });
    var rows = Object.assign({}, card.rows, {grade: words(card.rows.grade), concordant: card.rows.concordant.split('').map(Number),
      direction: card.rows.direction.split('').map(function (way) { return way === '+' ? 1 : -1; })});
    var strips = card.wells && card.wells.map(function (s) { // a letter for each well: # is the least change, } the largest
      var of = s.slice(4, 7).map(function (letters) {
        return letters.split('').map(function (c) { return s[2] + (c.charCodeAt(0) - 35) / 90 * (s[3] - s[2]); });
      });
      return {row: s[0], direction: s[1], treated: of[0], controls: of[1], others: of[2], n_compared: s[7], as_far: s[8]};
    });
    return Object.assign({}, card, {wells: strips, consensus: Object.assign(consensus, {grade: words(card.consensus.grade)}), rows: rows, signatures: shared.signatures, about: a,
      once: Object.assign({}, card.once, {grade: words(card.once.grade), p: none(card.once.perturbagen), fdr: none(card.once.perturbagen)}),
      levels: {cell_id: shared.lines, level: card.levels.level, is: card.levels.is.split('').map(function (k) { return shared.expressed[k]; })},
      heat: Object.assign({}, card.heat, {cells: cells}), evidence: {said: said, consensus: evidence}, every: {code: card.every, perturbagen: of.perturbagen}});
  }
  function get(symbol, done) {
    if (cards[symbol]) { done(cards[symbol]); return; }
    (waiting[symbol] = waiting[symbol] || []).push(done);
    if (waiting[symbol].length === 1) {
      load('genes/' + encodeURIComponent(symbol) + '.js', function () {
        waiting[symbol].forEach(function (tell) { tell(null); });
        delete waiting[symbol];
      });
    }
  }
  L.card = function (card) {
    var symbol = card.gene.symbol;
    cards[symbol] = whole(card);
    (waiting[symbol] || []).forEach(function (tell) { tell(cards[symbol]); });
    delete waiting[symbol];
  };
  L.shared = function (given) {
    shared = given;
    shared.known = new Set(given.genes);
    show();
  };

  // names: symbols are known at once, other names when they are needed
  function withNames(done) {
    if (names) { done(); return; }
    var before = L.names;
    L.names = function (given) { names = given; done(); };
    if (!before) { load('names.js'); }
  }
  function similar(text) {
    var all = Object.keys(names), start = all.filter(function (name) { return name.slice(0, Math.max(2, text.length - 1)) === text.slice(0, Math.max(2, text.length - 1)); });
    return Array.from(new Set(start.sort(function (a, b) { return a.length - b.length; }).map(function (name) { return names[name]; }))).slice(0, 5);
  }
  function find(typed, done) { // done(symbol, what it was taken for, similar ones)
    var text = typed.trim(), upper = text.toUpperCase();
    if (shared.known.has(text)) { done(text, ''); return; }
    withNames(function () {
      var symbol = names[upper] || names[upper.replace(/^(ENSG\d+)\.\d+$/, '$1')];
      if (!symbol) { done(null, '', similar(upper)); return; }
      var isMouse = symbol.toUpperCase() === upper && text.length > 1 && text === text[0].toUpperCase() + text.slice(1).toLowerCase() && text !== symbol;
      done(symbol, symbol.toUpperCase() !== upper ? text + ' was taken for ' + symbol + '.' : isMouse ?
        text + ' is written like a mouse gene; the answer is for the human gene ' + symbol + '.' : '');
    });
  }
  L.suggest = function (input) { // the names that begin as typed
    var list = document.getElementById('l1k-genes') || document.body.appendChild(el('datalist', {id: 'l1k-genes'}));
    input.addEventListener('input', function () {
      var text = input.value.trim().toUpperCase();
      if (!text) { return; }
      withNames(function () {
        var all = Object.keys(names).filter(function (name) { return name.slice(0, text.length) === text; });
        all.sort(function (a, b) { return (names[a] !== a) - (names[b] !== b) || a.length - b.length || (a < b ? -1 : 1); });
        list.replaceChildren.apply(list, all.slice(0, 8).map(function (name) {
          return el('option', {value: name}, names[name] === name ? '' : names[name]);
        }));
      });
    });
  };

  // ---- gene sets of signatures, in files of some signatures each
  var sets = {};
  L.sets = function (start, given) { given.forEach(function (set, k) { sets[start + k] = set; }); };
  L.geneSets = function (card, rows, done) {
    var needed = Array.from(new Set(rows.filter(function (row) { return !sets[row]; }).map(function (row) { return Math.floor(row / shared.chunk); })));
    var left = needed.length, ready = function () {
      var out = {};
      rows.forEach(function (row) {
        if (sets[row]) { out[row] = sets[row].map(function (set) { return set.map(function (k) { return shared.genes[k]; }); }); }
      });
      done(out);
    };
    if (!left) { ready(); return; }
    needed.forEach(function (k) {
      var one = function () { left -= 1; if (!left) { ready(); } };
      document.head.append(el('script', {src: 'sets/' + k + '.js', onload: one, onerror: one}));
    });
  };

  // ---- pages
  function front() {
    document.title = 'What moves my gene?';
    var input = el('input', {type: 'search', list: 'l1k-genes', 'aria-label': 'Gene', placeholder: 'Gene, for example HMOX1', autofocus: ''});
    L.suggest(input);
    root.replaceChildren(el('h2', {}, 'Which drugs and knock-downs move my gene?'), el('form', {'class': 'l1k-again', onsubmit: function (event) {
      event.preventDefault();
      if (input.value.trim()) { L.ask(input.value.trim()); }
    }}, input, el('button', {type: 'submit'}, 'Search')),
    el('p', {}, 'For example: ', ['HMOX1', 'ERBB2', 'CDKN1A'].filter(function (g) { return shared.known.has(g); }).map(function (g) {
      return el('a', {href: '#' + g, style: 'margin-right:.8em'}, g);
    })), el('p', {'class': 'l1k-note'}, L.count(shared.about.n_signatures, 'signature') + ' of ' + L.count(shared.about.n_cell_lines, 'cell line') + ', ' +
      L.count(shared.about.genes_on_site, 'gene') + '. Most genes are inferred; each page says how well.'), el('p', {'class': 'l1k-methods'}, shared.about.methods));
  }
  function show() {
    var typed = decodeURIComponent(location.hash.slice(1));
    if (!shared) { return; }
    if (!typed) { front(); return; }
    find(typed, function (symbol, taken, close) {
      if (!symbol) { L.show(root, {problem: typed.slice(0, 40) + ' is not a gene of this site.', suggestions: close}); return; }
      get(symbol, function (card) {
        if (!card) { L.show(root, {problem: 'The file of ' + symbol + ' is missing: genes/' + symbol + '.js'}); return; }
        if (decodeURIComponent(location.hash.slice(1)) !== typed) { return; }
        L.show(root, Object.assign({}, card, {gene: Object.assign({}, card.gene, {taken_for: taken})}), [L.compareGenes(card, {find: find, get: get, suggest: L.suggest})]);
        window.scrollTo(0, 0);
      });
    });
  }
  window.addEventListener('hashchange', show);
})();

// Several genes: which perturbagens raise one, lower another, and leave a third alone.
(function () {
  'use strict';
  var L = window.l1000, el = L.el;
  if (L.compareGenes) { return; }
  var WAYS = {raise: 1, lower: -1, 'leave alone': 0}, own = 'raise', others = []; // kept from gene to gene
  var mean = function (values) { return values.length ? values.reduce(function (sum, v) { return sum + v; }, 0) / values.length : 0; };

  // perturbagens × genes, those that do best what is asked first; ways: +1, −1 or 0 for each card
  L.several = function (cards, ways) {
    var genes = cards.map(function (c) { return c.gene.symbol; }), ranks = cards.map(function (c) {
      return new Map(c.every.perturbagen.map(function (name, k) { return [name, (c.every.code.charCodeAt(k) - 35) / 45 - 1]; }));
    });
    var rows = cards[0].every.perturbagen.filter(function (name) { return ranks.every(function (of) { return of.has(name); }); }).map(function (name) {
      var row = {perturbagen: name}, asked = [], spared = [];
      genes.forEach(function (gene, k) {
        row[gene] = ranks[k].get(name);
        if (ways[k]) { asked.push(ways[k] * row[gene]); } else { spared.push(Math.abs(row[gene])); }
      });
      row.fit = mean(asked) - mean(spared);
      return row;
    }).sort(function (a, b) { return b.fit - a.fit; });
    var columns = [{key: 'perturbagen', head: 'Perturbagen'}, {key: 'fit', head: 'Fit', digits: 2, signed: true,
      help: 'Mean rank of the genes to raise or lower, the way that is asked. The mean size of the ranks of genes to leave alone is taken off.'}];
    columns = columns.concat(genes.map(function (gene) {
      return {key: gene, head: gene, digits: 2, signed: true, help: 'Mean relative rank of ' + gene + ': +1 where it is the most raised, −1 the most lowered; in steps of 0.02.'};
    }));
    var shown = rows.slice(0, 20), cells = [];
    shown.forEach(function (row, y) { genes.forEach(function (gene, x) { cells.push([y, x, Math.round(100 * row[gene])]); }); });
    return [L.figure('l1k-genes-map', 'The perturbagens that do it best', L.figures.heat({perturbagen: shown.map(function (r) { return r.perturbagen; }), cell_id: genes, cells: cells}),
      {legend: L.legend([['#D55E00', 'raised most'], ['#0072B2', 'lowered most']])}),
    L.table({title: 'Perturbagens seen more than once, in ' + L.count(genes.length, 'gene'), name: genes.join('-'), columns: columns, rows: rows})];
  };

  // source: find(typed, done(symbol, sentence)), get(symbol, done(card)), suggest(input)
  L.compareGenes = function (card, source) {
    var input = el('input', {type: 'search', 'aria-label': 'Another gene to raise, lower or leave alone', placeholder: 'Another gene'});
    var said = el('span', {'class': 'l1k-note', role: 'status'}), chosen = el('div', {'class': 'l1k-ways'}), place = el('div', {});
    var box = el('section', {'class': 'l1k-section', id: 'l1k-several'}, el('h3', {}, 'Several genes at once'),
      el('p', {}, 'Which perturbagens raise one gene, and lower another or leave it alone? Add genes.'), chosen,
      el('form', {'class': 'l1k-again', onsubmit: function (event) {
        event.preventDefault();
        var typed = input.value.trim();
        if (!typed) { return; }
        said.textContent = 'Looking …';
        source.find(typed, function (symbol, sentence) {
          said.textContent = symbol ? sentence : sentence || typed + ' is not here.';
          if (!symbol) { return; }
          if (symbol !== card.gene.symbol && !others.some(function (o) { return o.symbol === symbol; })) { others.push({symbol: symbol, way: 'lower'}); }
          input.value = '';
          draw();
        });
      }}, input, el('button', {type: 'submit'}, 'Add'), said), place);
    if (source.suggest) { input.setAttribute('list', 'l1k-genes'); source.suggest(input); }
    function choice(symbol, way, change, remove) {
      var select = el('select', {'aria-label': 'What should happen to ' + symbol, onchange: function () { change(select.value); draw(); }},
        Object.keys(WAYS).map(function (name) { return el('option', {value: name, selected: name === way ? '' : null}, name); }));
      return el('span', {'class': 'l1k-way'}, select, ' ' + symbol + ' ',
        remove ? el('button', {type: 'button', 'aria-label': 'Leave out ' + symbol, onclick: function () { remove(); draw(); }}, '×') : null);
    }
    function draw() {
      var wanted = others.filter(function (o) { return o.symbol !== card.gene.symbol; }), got = {};
      chosen.replaceChildren(choice(card.gene.symbol, own, function (way) { own = way; }));
      wanted.forEach(function (o) {
        chosen.append(choice(o.symbol, o.way, function (way) { o.way = way; }, function () { others.splice(others.indexOf(o), 1); }));
      });
      place.replaceChildren();
      chosen.hidden = !wanted.length;
      var ways = [own].concat(wanted.map(function (o) { return o.way; })).map(function (way) { return WAYS[way]; });
      if (!wanted.length) { return; }
      if (!ways.some(Boolean)) { place.append(el('p', {}, 'Choose at least one gene to raise or lower.')); return; }
      var asked = draw.number = (draw.number || 0) + 1;
      wanted.forEach(function (o) {
        source.get(o.symbol, function (other) {
          got[o.symbol] = other;
          if (asked !== draw.number || Object.keys(got).length < wanted.length) { return; }
          if (wanted.some(function (w) { return !got[w.symbol]; })) { said.textContent = 'A gene cannot be read; try again.'; return; }
          place.append.apply(place, L.several([card].concat(wanted.map(function (w) { return got[w.symbol]; })), ways));
          L.plotlyIsHere();
        });
      });
    }
    draw();
    return box;
  };

  // the server of the form answers for other genes
  L.fromServer = {
    find: function (typed, done) {
      fetch('../api/check?gene=' + encodeURIComponent(typed)).then(function (r) { return r.json(); }).then(function (answer) {
        done(answer.gene || null, answer.gene ? answer.taken_for : answer.error);
      }, function () { done(null, 'The server does not answer; try again.'); });
    },
    get: function (symbol, done) {
      fetch('../api/gene/' + encodeURIComponent(symbol) + '?n=1').then(function (r) { return r.json(); }).then(function (card) {
        done(card.every ? card : null);
      }, function () { done(null); });
    }
  };
})();

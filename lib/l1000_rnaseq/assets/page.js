// The page of a gene, drawn from its card (l1000_rnaseq.app.gene_card): one renderer for form, report and site.
(function () {
  'use strict';
  var L = window.l1000, el = L.el;
  if (L.show) { return; }
  var boxes = [], STATUS = {landmark: 'measured', 'CMap-inferred': 'inferred', 'newly inferred': 'inferred'};

  // ---- figures: drawn when they are near the window and Plotly is there; drawn again when their width changes
  L.figure = function (name, title, build, more) {
    more = more || {};
    var plot = el('div', {'class': 'l1k-plot'}), box = {plot: plot, build: build, width: 0};
    var save = function (format) {
      return el('button', {type: 'button', onclick: function () {
        draw(box, true);
        var made = build(900), layout = Object.assign({}, made.layout, {width: 900, title: {text: title, x: 0.01, font: {size: 15}},
          margin: Object.assign({}, made.layout.margin, {t: (made.layout.margin.t || 0) + 44})});
        layout.height += 44;
        window.Plotly.toImage({data: made.data, layout: layout}, {format: format, width: 900, height: layout.height, scale: format === 'png' ? 2 : 1})
          .then(function (address) { el('a', {href: address, download: name + '.' + format}).click(); });
      }}, 'Save as ' + format.toUpperCase());
    };
    boxes.push(box);
    var node = el('figure', {'class': 'l1k-figure', id: name}, el('figcaption', {}, el('h4', {}, title), more.legend || null), plot,
      el('div', {'class': 'l1k-tools'}, save('svg'), save('png')), more.note ? el('p', {'class': 'l1k-note'}, more.note) : null);
    if (window.ResizeObserver) { new ResizeObserver(function () { later(box); }).observe(plot); }
    if (window.IntersectionObserver) {
      new IntersectionObserver(function (entries) {
        if (entries.some(function (e) { return e.isIntersecting; })) { box.near = true; later(box); }
      }, {rootMargin: '400px'}).observe(plot);
    } else { box.near = true; }
    return node;
  };
  function later(box) {
    clearTimeout(box.timer);
    box.timer = setTimeout(function () { draw(box); }, box.width ? 80 : 0);
  }
  function draw(box, now) {
    if (!window.Plotly || !(box.near || now)) { return; }
    var width = Math.floor(box.plot.clientWidth); // asked last: the browser lays out for it
    if (!width || width === box.width) { return; }
    box.width = width;
    var made = box.build(width);
    made.layout.width = width;
    box.plot.style.height = made.layout.height + 'px';
    window.Plotly.react(box.plot, made.data, made.layout, {displaylogo: false, displayModeBar: false, scrollZoom: false});
  }
  L.drawAll = function () {
    L.finish();
    boxes.forEach(function (box) { draw(box, true); });
  };
  L.plotlyIsHere = function () { boxes.forEach(function (box) { draw(box); }); idle(); };
  function whenIdle(act) {
    if (window.requestIdleCallback) { window.requestIdleCallback(act, {timeout: 500}); } else { setTimeout(act, 50); }
  }
  function idle() { // those further down, one at a time
    var next = window.Plotly && boxes.find(function (box) { return box.plot.isConnected && !box.width && !box.tried; });
    if (!next) { return; }
    next.tried = true; // one in a closed part has no width yet
    draw(next, true);
    whenIdle(idle);
  }
  window.addEventListener('beforeprint', L.drawAll);

  var legend = L.legend = function (items) {
    return el('span', {'class': 'l1k-legend'}, items.map(function (item) {
      return el('span', {}, el('i', {style: 'background:' + item[0]}), item[1]);
    }));
  };
  function section(id, title) {
    return el.apply(null, ['section', {'class': 'l1k-section', id: 'l1k-' + id}, el('h3', {}, title)].concat(Array.prototype.slice.call(arguments, 2)));
  }
  function link(address, text) { return el('a', {href: address, target: '_blank', rel: 'noopener'}, text); }

  // ---- where this page is: it decides how to ask again
  L.place = function () {
    if (L.site) { return 'site'; }
    return /^https?:$/.test(location.protocol) && /\/[0-9a-f]{40}\/?$/.test(location.pathname) ? 'form' : 'file';
  };
  L.ask = function (gene) {
    if (L.place() === 'site') { location.hash = encodeURIComponent(gene); }
    else { location.href = '../#?args.gene=' + encodeURIComponent(gene) + '&submit'; }
  };
  function again(card) {
    var place = L.place(), command = 'l1000-rnaseq search GENE --html gene.html';
    if (place === 'file') { return el('p', {'class': 'l1k-note'}, 'For another gene: ', el('code', {}, command)); }
    var input = el('input', {type: 'search', name: 'again', 'aria-label': 'Another gene', placeholder: 'Another gene', autocomplete: 'off',
      list: place === 'site' ? 'l1k-genes' : null});
    if (place === 'site') { L.suggest(input); }
    var form = el('form', {'class': 'l1k-again', onsubmit: function (event) {
      event.preventDefault();
      if (input.value.trim()) { L.ask(input.value.trim()); }
    }}, input, el('button', {type: 'submit'}, 'Search'));
    if (place === 'form') { form.append(link('../', 'All options')); form.lastChild.removeAttribute('target'); }
    var copy = el('button', {type: 'button', 'class': 'l1k-copy', onclick: function () {
      var gene = card.gene ? card.gene.symbol : '', address = location.href.split('#')[0];
      if (place === 'site') { address += '#' + encodeURIComponent(gene); }
      L.copy(address, copy);
    }}, 'Copy the link');
    form.append(copy);
    return form;
  }
  L.copy = function (text, button) {
    var said = button.textContent, done = function (ok) {
      button.textContent = ok ? 'Copied' : 'Copy failed';
      setTimeout(function () { button.textContent = said; }, 1500);
    };
    if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(function () { done(true); }, function () { done(false); }); return; }
    var area = el('textarea', {}, text);
    document.body.append(area);
    area.select();
    done(document.execCommand('copy'));
    area.remove();
  };

  // ---- parts
  function header(card) {
    var g = card.gene, r = card.reliability, q = encodeURIComponent(g.today || g.symbol);
    var links = [['NCBI', g.entrez_id && 'https://www.ncbi.nlm.nih.gov/gene/' + g.entrez_id],
      ['Ensembl', g.ensembl_id && 'https://www.ensembl.org/id/' + g.ensembl_id],
      ['UniProt', 'https://www.uniprot.org/uniprotkb?query=gene_exact:' + q + '+AND+organism_id:9606'],
      ['Open Targets', g.ensembl_id && 'https://platform.opentargets.org/target/' + g.ensembl_id],
      ['GTEx', 'https://gtexportal.org/home/gene/' + q], ['Human Protein Atlas', g.ensembl_id && 'https://www.proteinatlas.org/' + g.ensembl_id],
      ['DepMap', 'https://depmap.org/portal/gene/' + q]].filter(function (l) { return l[1]; });
    var title = g.symbol + (g.today && g.today !== g.symbol ? ' (today ' + g.today + ')' : '');
    document.title = g.symbol + (g.name ? ' · ' + g.name : '') + ' · what moves it';
    return el('header', {'class': 'l1k-head'},
      el('h2', {}, title, g.name ? el('span', {'class': 'l1k-name'}, ' · ' + g.name) : null,
        el('span', {'class': 'l1k-badge l1k-' + (r.change || 'unknown').replace(/ /g, '-')}, (STATUS[r.status] || r.status) + ', changes ' +
          ({reliable: 'followed reliably', fair: 'followed fairly', weak: 'followed weakly'}[r.change] || (r.change === 'not followed' ? 'not followed' : 'not rated')))),
      g.taken_for ? el('p', {'class': 'l1k-taken'}, g.taken_for) : null,
      el('p', {'class': 'l1k-answer'}, card.answer),
      g.aliases.length ? el('p', {'class': 'l1k-note'}, 'Also called ' + g.aliases.join(', ') + '.') : null,
      el('p', {'class': 'l1k-links'}, links.map(function (l) { return link(l[1], l[0]); })),
      again(card));
  }

  function database(row) {
    return row.type === 'chemical' ? 'https://pubchem.ncbi.nlm.nih.gov/#query=' + encodeURIComponent(row.name) :
      'https://www.ncbi.nlm.nih.gov/gene/?term=' + encodeURIComponent(row.name + '[sym] AND human[orgn]');
  }
  function named(row) {
    var out = [row.name];
    if (row.flags) { out.push(el('span', {'class': 'l1k-flag', title: row.flags}, 'doubtful')); }
    return el('span', {}, out);
  }
  function signatureColumns(card) {
    var unit = card.reliability.status === 'landmark' ? 'intensity' : 'CPM+1';
    return [
      {key: 'name', head: 'Perturbagen', help: 'The compound, or the gene that was knocked down or out.', show: named},
      {key: 'cell_id', head: 'Cell line'},
      {key: 'log2fc', head: 'log2FC (' + unit + ')', digits: 2, signed: true, help: 'log2 fold change against the controls of the plate. Of a landmark gene it is of the ' +
        'log2 intensity as measured, of any other gene of log2(CPM+1).'},
      {key: 'grade', head: 'Evidence', help: 'How well the hit is supported: strong, fair, weak or doubtful. Open the row to see why.'},
      AGREE, {key: 'cd', head: 'CD', small: true, help: 'Characteristic direction: the weight of the gene in the unit vector that best separates treated from control wells.'},
      {key: 'rank', head: 'Rank of ' + card.of.toLocaleString('en'), digits: 0, help: 'Rank of the gene among the ' + card.of.toLocaleString('en') +
        ' genes of its kind: 1 is moved most that way.'},
      {key: 'concordant', head: 'Signs agree', value: function (r) { return r.agreeing || (r.concordant ? 'yes' : 'no'); }, help: 'Whether log2FC and CD have one sign. Rows where they differ come last.'},
      {key: 'dose', head: 'Dose', digits: 2, show: L.dose}, {key: 'time', head: 'Time', digits: 0, show: L.time},
      {key: 'n_treated', head: 'Replicates', digits: 0, help: 'Treated wells.'},
      {key: 'agreement', head: 'Agreement', digits: 2, help: 'Mean correlation of the replicates’ changes.'},
      {key: 'p_vehicle', head: 'p against vehicles', small: true, help: 'Share of vehicle wells of the plate that differ as much when compared the same way.'},
      {key: 'mechanism', head: 'Mechanism', wide: true, show: function (r) { return (r.mechanism || '').replace(/\|/g, ', '); }},
      {key: 'targets', head: 'Targets', wide: true, show: function (r) { return (r.targets || '').replace(/\|/g, ', '); }},
      {key: 'flags', head: 'Doubts', wide: true}, {key: 'source', head: 'Source', help: 'What the signature was made from.'},
      {key: 'pert_id', head: 'Id', show: function (r) { return r.pert_id && r.name !== r.pert_id ? link(database(r), r.pert_id) : r.pert_id; }}, {key: 'sig_id', head: 'Signature'}];
  }
  var lastRows = {};
  L.signatureRows = function (card) { // the rows of the card, with what their signatures are of
    if (lastRows.card === card) { return lastRows.rows; }
    var of = card.signatures, place = new Map(of.row.map(function (row, k) { return [row, k]; })), names = Object.keys(of);
    lastRows = {card: card, rows: L.rows(card.rows).map(function (row, k) {
      var s = {k: k}, at = place.get(row.row);
      names.forEach(function (name) { s[name] = of[name][at]; });
      return Object.assign(s, row, {name: s.compound || s.pert_iname || s.pert_id});
    })};
    return lastRows.rows;
  };
  function byPerturbagen(rows) { // many hairpins of one gene: one row, which opens
    var of = new Map();
    rows.forEach(function (row) { of.set(row.name, (of.get(row.name) || []).concat([row])); });
    return Array.from(of.values()).map(function (members) {
      if (members.length === 1) { return {row: members[0], members: []}; }
      var mean = function (key) { return members.reduce(function (sum, r) { return sum + r[key]; }, 0) / members.length; };
      var lines = new Set(members.map(function (r) { return r.cell_id; })).size;
      return {members: members, row: {name: members[0].name, cell_id: L.count(members.length, 'signature') + ', ' + L.count(lines, 'line'), log2fc: mean('log2fc'),
        cd: mean('cd'), rank: null, agreeing: members.filter(function (r) { return r.concordant; }).length + ' of ' + members.length, dose: null, time: null, n_treated: null, other_lines: null, k: -1, agreement: null,
        p_vehicle: null, mechanism: '', targets: '', flags: '', source: '', pert_id: '', sig_id: ''}};
    });
  }
  function detail(card) {
    return function (row) {
      var list = facts(words(card, 'rows', row.k).concat([['signature', row.sig_id], ['batch', row.batch],
        ['treated', row.n_treated ? L.count(row.n_treated, 'well') : ''], ['controls', row.n_controls ? row.n_controls + ' wells (' + row.control + ')' : ''],
        ['mechanism', row.mechanism], ['targets', row.targets], ['doubts', row.flags]]));
      L.geneSets(card, [row.row], function (sets) {
        (sets[row.row] || []).forEach(function (genes, k) {
          list.append(el('dt', {}, k ? 'It also lowers' : 'It also raises'), el('dd', {}, genes.slice(0, 20).join(', ')));
        });
      });
      return list;
    };
  }
  // genes that signatures move most: here in the card, on a site in files of their own
  L.geneSets = L.geneSets || function (card, rows, done) { done(card.gene_sets || {}); };

  function belief(card) {
    var parts = [el('ul', {}, card.beliefs.map(function (text) { return el('li', {}, text); }))];
    var levels = L.rows(card.levels), off = levels.filter(function (r) { return r.is === 'off'; }).length;
    if (levels.length) {
      parts.push(L.figure('l1k-levels', 'Is the gene on? Its level in untreated cells of each line', L.figures.levels(levels), {
        legend: legend([['#009E73', 'on'], ['#E7C36A', 'unclear'], ['#BDBDBD', 'off']]), note: off ? 'Off in ' + off + ' of ' + L.count(levels.length, 'line') +
          '. A fall in these lines means nothing.' : 'Off in none of ' + L.count(levels.length, 'line') + '.'}));
    }
    return section.apply(null, ['belief', 'How far to believe it'].concat(parts));
  }

  function whereNamed(test) { return {label: 'only those with a public name', test: test}; }
  function consensus(card) {
    var label = function (r) { return Object.assign({}, r, {label: r.perturbagen + (r.type === 'chemical' || r.perturbagen.slice(-1) === ')' ? '' : ' (' + r.type + ')')}); };
    var rows = L.rows(card.consensus).map(label).map(function (r, k) { return Object.assign(r, {k: k}); }), once = L.rows(card.once).map(label);
    var columns = [{key: 'label', head: 'Perturbagen'},
      {key: 'relative_rank', head: 'Mean relative rank', digits: 2, signed: true, help: '+1 where every signature raises the gene more than all other genes of its kind (measured or inferred), −1 where every one lowers it more.'},
      {key: 'fdr', head: 'FDR', small: true, help: 'False discovery rate: the share of false hits to expect among this row and those with a smaller p (Benjamini and Hochberg).'}, AGREE,
      {key: 'grade', head: 'Evidence', help: 'How well the hit is supported: strong, fair, weak or doubtful. Open the row to see why.'},
      {key: 'log2fc', head: 'Mean log2FC', digits: 2, signed: true}, {key: 'cell_lines', head: 'Cell lines', digits: 0},
      {key: 'groups', head: 'Groups', digits: 0, help: 'A group is one perturbagen in one cell line and batch. Doses and times are averaged.'},
      {key: 'signatures', head: 'Signatures', digits: 0},
      {key: 'up', head: 'Up', digits: 0, help: 'Signatures in which the gene is among the 1 % most raised.'}, {key: 'down', head: 'Down', digits: 0, help: 'Signatures in which it is among the 1 % most lowered.'},
      {key: 'p', head: 'p', small: true, help: 'How often a random set of as many groups has a mean as far from 0.'}, {key: 'mechanism', head: 'Mechanism', wide: true}];
    var out = section('consensus', 'What moves it again and again?', el('p', {}, 'One signature is weak evidence. Here all signatures of a perturbagen count, over cell ' +
      'lines, doses and times. Doubtful signatures are left out.'));
    if (rows.length) {
      out.append(L.figure('l1k-consensus-bars', card.gene.symbol + ': the most consistent perturbagens', L.figures.consensus(rows, function (r) {
        return L.count(r.cell_lines, 'line') + ', FDR ' + (r.fdr === null ? 'not known' : L.small(r.fdr)) + (r.grade ? ', ' + r.grade : '');
      }), {legend: legend([['#D55E00', 'raises'], ['#0072B2', 'lowers']])}),
      el('p', {'class': 'l1k-note'}, 'Pale bars have an FDR of 5 % or more. ' + (rows.some(function (r) { return !r.has_name; }) ? 'Compounds without a public name have the id that their source gives. Only the first of them are shown, so that those with a name have room. The table has up to 10 for each direction.' : '')),
      L.table({title: 'Perturbagens seen more than once', name: card.gene.symbol + '-consensus', columns: columns, rows: rows, only: whereNamed(function (row) { return row.has_name; }), detail: function (row) { return facts(words(card, 'consensus', row.k)); }}));
    } else { out.append(el('p', {}, 'No perturbagen was seen more than once under these filters.')); }
    if (once.length) {
      out.append(el('details', {}, el('summary', {}, 'Seen once: repeat before you believe'), L.table({title: 'Perturbagens seen in one group only',
        name: card.gene.symbol + '-once', rows: once, columns: columns.filter(function (c) { return c.key !== 'p' && c.key !== 'fdr' && c.key !== 'groups'; })})));
    }
    return out;
  }
  // what speaks for a row and what against: sentences that the card has once
  function words(card, table, k) {
    var of = card.evidence && card.evidence[table];
    return of && of[k] ? of[k].map(function (i) { return card.evidence.said[i]; }) : [];
  }
  function facts(pairs) {
    return el('dl', {'class': 'l1k-facts'}, pairs.filter(function (p) { return p[1]; }).map(function (p) {
      return [el('dt', {}, p[0].charAt(0).toUpperCase() + p[0].slice(1)), el('dd', {}, String(p[1]))];
    }).flat());
  }
  var AGREE = {key: 'other_lines', head: 'Other lines', help: 'In how many of the other cell lines of this perturbagen the gene goes the same way.',
    value: function (r) { return r.other_lines > 0 ? r.lines_agree + ' of ' + r.other_lines : ''; }};

  function pile(rows) { // Level 5 files have their z-scores cut at ±10
    var most = Math.max.apply(null, ['up', 'down'].map(function (_, k) {
      var ends = rows.filter(function (r) { return k ? r.log2fc < 0 : r.log2fc > 0; }).map(function (r) { return r.log2fc; }), counts = {};
      ends.forEach(function (v) { counts[v] = (counts[v] || 0) + 1; });
      return Math.max.apply(null, [0].concat(Object.values(counts)));
    }));
    return most > 4 ? 'Points in one vertical line: the source cuts its values there, so they are as large or larger.' : null;
  }
  function moving(n, gene) { return L.count(n, 'signature') + (n === 1 ? ' that moves ' : ' that move ') + gene; }
  function volcanoes(card) {
    var all = L.signatureRows(card), g = card.gene.symbol, unit = card.reliability.status === 'landmark' ? 'intensity' : 'CPM+1';
    var out = section('signatures', 'Single signatures', el('p', {}, 'Each point is a signature. To the right it raises ' + g + ', to the left it lowers it. The higher a point, the more ' +
      'the change stands out from the noise of the wells. Only the best are drawn, so the middle is empty.'));
    card.types.forEach(function (kind) {
      var rows = all.filter(function (r) { return r.type === kind.type; });
      if (!rows.length) { out.append(el('p', {}, kind.type + ': ' + kind.silent)); return; }
      var n = new Set(rows.map(function (r) { return r.row; })).size, of = function (way) { return rows.filter(function (r) { return r.direction === way; }); };
      out.append(L.figure('l1k-volcano-' + kind.type, kind.type + ': ' + moving(n, g) + ' most', L.figures.volcano(rows, unit),
        {legend: legend([['#D55E00', 'up'], ['#0072B2', 'down'], ['#9A9A9A', 'log2FC and CD differ in sign']]), note: pile(rows)}));
      var isGrouped = kind.type !== 'chemical' && rows.length > new Set(rows.map(function (r) { return r.name; })).size;
      var parts = isGrouped ? [['', rows]] : [['up', of(1)], ['down', of(-1)]].filter(function (p) { return p[1].length; });
      parts.forEach(function (p) {
        var best = p[0] && kind[p[0]] > p[1].length ? ', the best of ' + kind[p[0]].toLocaleString('en') : '';
        out.append(L.table({title: kind.type + ': ' + moving(p[1].length, g) + (p[0] ? ' ' + p[0] : ', by perturbagen') + best,
          name: g + '-' + kind.type + (p[0] ? '-' + p[0] : ''), rows: p[1], columns: signatureColumns(card), groups: isGrouped ? byPerturbagen : null, only: isGrouped ? null : whereNamed(function (row) { return row.name !== row.pert_id; }),
          detail: detail(card)}));
      });
    });
    return out;
  }

  function maps(card) {
    var out = section('lines', 'Lines, doses and times'), is = new Map(L.rows(card.levels).map(function (r) { return [r.cell_id, r.is]; }));
    if (card.heat.cells.length) {
      out.append(L.figure('l1k-heat', card.gene.symbol + ': perturbagen by cell line', L.figures.heat(card.heat, function (line) { return is.get(line) === 'off'; }), {
        legend: legend([['#D55E00', 'raised most'], ['#0072B2', 'lowered most'], ['#F0F0F0', 'not seen']]), note: 'The first perturbagens of the consensus. A colour is the mean relative rank in the line.'}));
    }
    if (card.doses.length) {
      var times = Array.from(new Set(card.doses.map(function (c) { return c.time; })));
      out.append(L.figure('l1k-doses', card.gene.symbol + ': change against dose', L.figures.doses(card.doses), {legend: legend(times.map(function (t, k) {
        return [L.figures.timeColour(k), t + ' h'];
      })), note: 'Compounds that were given in three doses or more, those with the largest changes.'}));
    }
    return out.children.length > 1 ? out : null;
  }

  function mechanisms(card) {
    var columns = function (word) {
      return [{key: 'name', head: word}, {key: 'mean', head: 'Mean relative rank', digits: 2, signed: true, help: 'Mean over the compounds, each over its cell lines.'},
        {key: 'expected', head: 'Expected', digits: 2, signed: true, help: 'Mean of random groups of as many compounds, seen in the same cell lines.'},
        {key: 'fdr', head: 'FDR', small: true}, {key: 'p', head: 'p', small: true, help: 'Two-sided, against 2,000 random groups.'},
        {key: 'compounds', head: 'Compounds', digits: 0}, {key: 'cell_lines', head: 'Cell lines', digits: 0},
        {key: 'names', head: 'Which', wide: true, show: function (r) { return r.names.replace(/\|/g, ', '); }}];
    };
    var parts = [['mechanisms', 'Mechanism'], ['targets', 'Target']].map(function (p) {
      var rows = L.rows(card[p[0]]);
      return rows.length ? L.table({title: p[1] + 's whose compounds move ' + card.gene.symbol, name: card.gene.symbol + '-' + p[0], columns: columns(p[1]), rows: rows}) : null;
    });
    parts.push(knocked(card));
    if (!parts.some(Boolean)) { return null; }
    return section('mechanisms', 'Which mechanisms move it?', el('p', {}, 'A mechanism is compared with random groups of compounds of the same cell lines. Those with three compounds or more are tested.'), parts);
  }

  function knocked(card) { // a compound beside the loss of its target
    var rows = L.rows(card.knocked), g = card.gene.symbol;
    return rows.length ? L.table({title: 'Is it the same when the target is knocked out?', name: g + '-knocked', rows: rows, columns: [
      {key: 'perturbagen', head: 'Compound'}, {key: 'relative_rank', head: 'Its relative rank', digits: 2, signed: true},
      {key: 'target', head: 'Target'}, {key: 'knocked_by', head: 'Knocked by'},
      {key: 'of_target', head: 'Relative rank without the target', digits: 2, signed: true, help: 'Where ' + g + ' stands when the target is knocked down or out. The same sign as the compound’s speaks for the target, if the compound inhibits it.'},
      {key: 'as_far', head: 'Go as far', value: function (r) { return r.as_far + ' of ' + r.knocked; }, help: 'How many of the knocked genes move ' + g + ' at least as far the compound’s way, the target among them. Few of many is evidence.'}]}) : null;
  }

  function compare(card) {
    if (!card.compare) { return null; }
    var points = L.signatureRows(card).map(function (row, k) { return Object.assign(row, {second: card.compare.log2fc[k]}); });
    var r = card.compare.r === null ? '' : ': r = ' + L.number(card.compare.r);
    return section('compare', card.gene.symbol + ' and ' + card.compare.symbol + r, el('p', {}, 'The signatures shown above. They were chosen by what they do to ' + card.gene.symbol + ', so r says little of other signatures.'),
      L.figure('l1k-compare', card.gene.symbol + ' against ' + card.compare.symbol, L.figures.compare(points, card.gene.symbol, card.compare.symbol),
        {legend: legend([['#D55E00', 'raises ' + card.gene.symbol], ['#0072B2', 'lowers it']])}));
  }

  function wells(card) { // the single wells behind the best signatures
    var g = card.gene.symbol, unit = card.reliability.status === 'landmark' ? 'intensity' : 'CPM+1', intro = 'A signature is the mean of its wells. ';
    if (!card.wells) { return section('wells', 'The wells behind a hit', el('p', {}, intro + 'This index keeps no single wells. To see them here, build it with l1000-rnaseq index --keep-wells.')); }
    if (!card.wells.length) { return null; }
    var of = new Map(L.signatureRows(card).map(function (row) { return [row.row, row]; }));
    var strips = card.wells.map(function (s) { return Object.assign({label: of.get(s.row).name + ', ' + of.get(s.row).cell_id}, s); });
    var items = [['#D55E00', 'treated wells that raise it'], ['#0072B2', 'that lower it'], ['#777777', 'control wells of the same plates']];
    if (strips.some(function (s) { return s.others.length; })) { items.push(['#D5D5D5', 'wells of other treatments there: half of them, and nine of ten']); }
    return section('wells', 'The wells behind a hit', el('p', {}, intro + 'A hit is worth more when all its treated wells lie together, far from the wells that they are compared with. 0 is the mean of these.'),
      L.figure('l1k-well-strips', g + ': every well of the strongest signatures', L.figures.strips(strips, unit), {legend: legend(items),
        note: 'Numbers at the right: how many of the compared wells go at least as far as the mean of the treated ones. Shown are the largest changes whose wells the index keeps, one for each perturbagen.'}));
  }

  function made(card) {
    var a = card.about, g = card.gene.symbol, rows = L.signatureRows(card), columns = signatureColumns(card).map(function (c) { return {key: c.key}; });
    columns.push({key: 'lines_agree'});
    columns.splice(0, 1, {key: 'gene', value: function () { return g; }}, {key: 'direction', value: function (r) { return r.direction > 0 ? 'up' : 'down'; }},
      {key: 'perturbagen', value: function (r) { return r.name; }}, {key: 'type'});
    columns.push({key: 'dose_unit'});
    var file = function (name, text, type) { return el('button', {type: 'button', onclick: function () { L.save(g + name, text(), type); }}, g + name); };
    var best = [], n = {};
    rows.forEach(function (r) { // the first of each type and direction
      var key = r.type + r.direction;
      n[key] = (n[key] || 0) + 1;
      if (n[key] <= 5) { best.push(r); }
    });
    var sets = function () {
      L.geneSets(card, best.map(function (r) { return r.row; }), function (found) {
        var lines = best.filter(function (r) { return found[r.row]; }).map(function (r) {
          return ['up', 'down'].map(function (way, k) { return [r.name + ' ' + r.cell_id + ' ' + r.sig_id + ' ' + way, r.type].concat(found[r.row][k]).join('\t'); }).join('\n');
        });
        L.save(g + '_gene_sets.gmt', lines.join('\n') + '\n');
      });
    };
    var copy = function (text) { var b = el('button', {type: 'button', onclick: function () { L.copy(text, b); }}, 'Copy'); return b; };
    var filters = Object.keys(a.filters).map(function (k) { return k + ' ' + a.filters[k]; }).join(', ');
    return section('made', 'Download, cite, repeat',
      el('p', {'class': 'l1k-tools'}, file('_signatures.tsv', function () { return L.tsv(columns, rows); }), file('_card.json', function () { return JSON.stringify(card, null, 1); }, 'application/json'),
        el('button', {type: 'button', onclick: sets}, g + '_gene_sets.gmt')),
      el('p', {'class': 'l1k-note'}, 'The TSV has the ' + L.count(rows.length, 'row') + ' of the tables above. The GMT has the genes that the best signatures raise and lower most.'),
      el('h4', {}, 'Methods, to copy'), el('p', {'class': 'l1k-methods'}, a.methods), copy(a.methods),
      el('h4', {}, 'The same in Python'), el('pre', {}, a.python), copy(a.python), el('h4', {}, 'The same on the command line'), el('pre', {}, a.command), copy(a.command),
      el('p', {'class': 'l1k-foot'}, 'Index ' + a.index + ' (version ' + a.index_version + '): ' + L.count(a.n_signatures, 'signature') + ', ' + L.count(a.n_cell_lines, 'cell line') + ', ' +
        L.count(a.n_genes, 'gene') + '. l1000-rnaseq ' + a.library + '. Ranked by ' + a.by + ', direction ' + a.direction + ', at most ' + a.n + ' per direction and type. Filters: ' + (filters || 'none') + '.'));
  }

  // ---- the whole page: what answers is there at once, the rest follows when the window has shown it
  var rest = null;
  L.finish = function () {
    var now = rest;
    rest = null;
    if (now) { now(); }
  };
  L.problem = function (card) {
    document.title = 'No answer';
    return el('div', {'class': 'l1k-problem', role: 'alert'}, el('p', {}, card.problem),
      (card.suggestions || []).length ? el('p', {}, 'Did you mean ', card.suggestions.map(function (name) {
        return el('button', {type: 'button', onclick: function () { L.ask(name); }}, name);
      }), '?') : null, again(card));
  };
  L.show = function (target, card, more) {
    var root = typeof target === 'string' ? document.getElementById(target) : target;
    boxes.length = 0;
    rest = null;
    root.replaceChildren();
    root.classList.add('l1k');
    if (card.problem) { root.append(L.problem(card)); return; }
    if (!more && L.place() === 'form' && !Object.keys(card.about.filters).length) { more = [L.compareGenes(card, L.fromServer)]; }
    var nav = el('nav', {'class': 'l1k-nav', 'aria-label': 'On this page'});
    root.append(header(card), nav);
    var put = function (part) {
      if (!part) { return; }
      nav.append(el('button', {type: 'button', onclick: function () { part.scrollIntoView({behavior: 'smooth'}); }}, part.querySelector('h3').textContent));
      root.append(part);
    };
    put(belief(card));
    put(consensus(card));
    rest = function () {
      [volcanoes, maps, mechanisms, compare].map(function (part) { return part(card); }).concat(more || [], wells(card), made(card)).forEach(put);
      L.plotlyIsHere();
    };
    whenIdle(L.finish);
  };
})();

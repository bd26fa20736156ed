// Tables of the gene page: sorted by their heads, searched as one types, empty columns left out.
(function () {
  'use strict';
  if (window.l1000 && window.l1000.table) { return; }
  var L = window.l1000 = window.l1000 || {};

  // an element; texts become text nodes, so that nothing of a user or an index is ever markup
  L.el = function (tag, attributes) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (name.slice(0, 2) === 'on') { node.addEventListener(name.slice(2), value); }
      else if (value !== false && value !== null && value !== undefined) { node.setAttribute(name, value); }
    });
    Array.prototype.slice.call(arguments, 2).flat().forEach(function (child) {
      if (child === null || child === undefined || child === '') { return; }
      node.append(child);
    });
    return node;
  };
  var el = L.el;

  // columns of lists → a list of rows
  L.rows = function (columns) {
    var names = Object.keys(columns || {}), rows = [];
    if (!names.length) { return rows; }
    for (var k = 0; k < columns[names[0]].length; k++) {
      var row = {};
      names.forEach(function (name) { row[name] = columns[name][k]; });
      rows.push(row);
    }
    return rows;
  };

  var MINUS = '\u2212';
  L.number = function (value, digits, signed) {
    if (value === null || value === undefined || value === '') { return ''; }
    var text = Math.abs(value).toFixed(digits === undefined ? 2 : digits);
    var sign = value < 0 && Number(text) ? MINUS : signed && Number(text) ? '+' : '';
    return sign + text;
  };
  L.small = function (value) { // a p-value or a coefficient: two digits that count
    if (value === null || value === undefined || value === '') { return ''; }
    var text = Number(Math.abs(value).toPrecision(2));
    return (value < 0 ? MINUS : '') + (text && text < 1e-4 ? text.toExponential(0) : String(text));
  };
  L.count = function (n, what) { return n.toLocaleString('en') + ' ' + what + (n === 1 ? '' : 's'); };

  L.save = function (name, text, type) {
    var address = URL.createObjectURL(new Blob([text], {type: type || 'text/plain;charset=utf-8'}));
    var link = el('a', {href: address, download: name});
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
  };
  L.tsv = function (columns, rows) {
    var clean = function (v) { return String(v === null || v === undefined ? '' : v).replace(/[\t\r\n]+/g, ' '); };
    var lines = rows.map(function (row) {
      return columns.map(function (c) { return clean(c.value ? c.value(row) : row[c.key]); }).join('\t');
    });
    return [columns.map(function (c) { return c.key; }).join('\t')].concat(lines).join('\n') + '\n';
  };

  // a table. options: title, name, columns, rows, detail (row → element), groups (rows → [{row, members}]), only (label, test of a row)
  // a column: key, head, help, digits or small (numbers), show (row → text or element), value (row → what sorts)
  L.table = function (options) {
    var rows = options.rows, valueOf = function (c, row) { return c.value ? c.value(row) : row[c.key]; };
    var isNumber = function (c) { return c.digits !== undefined || c.small; };
    var columns = options.columns.filter(function (c) {
      return rows.some(function (row) { var v = valueOf(c, row); return v !== null && v !== undefined && v !== ''; });
    });
    var body = el('tbody'), count = el('span', {'class': 'l1k-count', 'aria-live': 'polite'});
    var groups = options.groups ? options.groups(rows) : rows.map(function (row) { return {row: row, members: []}; });
    var hasMore = Boolean(options.detail) || groups.some(function (g) { return g.members.length; });

    function cell(c, row) {
      var shown = c.show ? c.show(row) : c.small ? L.small(valueOf(c, row)) :
        c.digits !== undefined ? L.number(valueOf(c, row), c.digits, c.signed) : valueOf(c, row);
      return el('td', {'class': isNumber(c) ? 'l1k-n' : c.wide ? 'l1k-wide' : null}, shown);
    }
    function line(row, isMember) {
      var tr = el('tr', {'class': isMember ? 'l1k-member' : null});
      if (hasMore) { tr.append(el('td', {'class': 'l1k-more'})); }
      columns.forEach(function (c) { tr.append(cell(c, row)); });
      return tr;
    }
    var sets = groups.map(function (group) { // the lines of one row: itself, its members, its details
      var main = line(group.row), after = group.members.map(function (row) { return line(row, true); });
      var set = {group: group, lines: [main].concat(after), text: main.textContent.toLowerCase()};
      group.members.forEach(function (row) {
        columns.forEach(function (c) { set.text += ' ' + String(valueOf(c, row)).toLowerCase(); });
      });
      after.forEach(function (tr) { tr.hidden = true; });
      if (hasMore && (after.length || options.detail)) {
        var label = (after.length ? 'Show the signatures of ' : 'More about ') + (valueOf(columns[0], group.row) || 'this row');
        var button = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-label': label, onclick: function () {
          var open = button.getAttribute('aria-expanded') !== 'true';
          button.setAttribute('aria-expanded', String(open));
          if (!after.length && open) {
            var more = el('tr', {'class': 'l1k-detail'}, el('td', {colspan: columns.length + 1}, options.detail(group.row)));
            main.after(more);
            after = [more];
            set.lines.push(more);
          }
          after.forEach(function (tr) { tr.hidden = !open; });
        }});
        main.firstChild.append(button);
      }
      return set;
    });
    function place() { sets.forEach(function (set) { set.lines.forEach(function (tr) { body.append(tr); }); }); }
    function tell() {
      var shown = sets.filter(function (set) { return !set.lines[0].hidden; }).length;
      count.textContent = (shown === sets.length ? '' : shown + ' of ') + L.count(sets.length, 'row');
    }
    function sort(c, th) {
      var ascending = th.getAttribute('aria-sort') === 'none' ? !isNumber(c) : th.getAttribute('aria-sort') !== 'ascending';
      th.parentNode.querySelectorAll('[aria-sort]').forEach(function (other) { other.setAttribute('aria-sort', 'none'); });
      th.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      var empty = function (v) { return v === null || v === undefined || v === ''; };
      sets.sort(function (a, b) {
        var x = valueOf(c, a.group.row), y = valueOf(c, b.group.row);
        if (empty(x) || empty(y)) { return empty(x) - empty(y); } // what is missing comes last both ways
        var d = isNumber(c) ? x - y : String(x).localeCompare(String(y), 'en', {numeric: true});
        return ascending ? d : -d;
      });
      place();
    }
    var head = el('tr', {}, hasMore ? el('td', {'class': 'l1k-more'}) : null, columns.map(function (c) {
      var th = el('th', {scope: 'col', 'aria-sort': 'none', 'class': isNumber(c) ? 'l1k-n' : null});
      th.append(el('button', {type: 'button', title: c.help, onclick: function () { sort(c, th); }}, c.head));
      return th;
    }));
    var find = el('input', {'class': 'l1k-find', type: 'search', placeholder: 'Find in this table',
      'aria-label': 'Find in this table: ' + options.title, oninput: filter});
    var only = options.only && rows.some(options.only.test) && !rows.every(options.only.test) ? el('input', {type: 'checkbox', onchange: filter}) : null;
    function filter() {
      var words = find.value.toLowerCase().split(/\s+/);
      sets.forEach(function (set) {
        var on = words.every(function (word) { return set.text.indexOf(word) >= 0; }) && (!only || !only.checked || options.only.test(set.group.row));
        set.lines.forEach(function (tr, k) { tr.hidden = !on || (k > 0 && !isOpen(set)); });
      });
      tell();
    }
    function isOpen(set) { var b = set.lines[0].querySelector('.l1k-more button'); return b && b.getAttribute('aria-expanded') === 'true'; }
    place();
    tell();
    var helps = columns.filter(function (c) { return c.help; });
    var box = el('div', {'class': 'l1k-table-box', id: options.name},
      el('h4', {}, options.title),
      el('div', {'class': 'l1k-tools'}, rows.length > 5 ? find : null, only ? el('label', {}, only, ' ' + options.only.label) : null, count,
        el('button', {type: 'button', 'class': 'l1k-save', onclick: function () {
          L.save(options.name + '.tsv', L.tsv(columns, rows));
        }}, 'Save as TSV')),
      el('div', {'class': 'l1k-scroll', tabindex: '0', role: 'region', 'aria-label': options.title},
        el('table', {'class': 'l1k-table'}, el('thead', {}, head), body)),
      helps.length ? el('details', {'class': 'l1k-help'}, el('summary', {}, 'What the columns are'),
        el('dl', {}, helps.map(function (c) { return [el('dt', {}, c.head), el('dd', {}, c.help)]; }).flat())) : null);
    return box;
  };
})();

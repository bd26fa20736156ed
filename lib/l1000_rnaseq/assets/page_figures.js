// Figures of the gene page: card → what Plotly draws, for a box so many pixels wide.
(function () {
  'use strict';
  var L = window.l1000;
  if (L.figures) { return; }
  var UP = '#D55E00', DOWN = '#0072B2', GREY = '#9A9A9A', COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7'];
  var SCALE = [[0, '#0072B2'], [0.5, '#FFFFFF'], [1, '#D55E00']];
  // Plotly reads some HTML in its texts
  function plain(text) { return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'); }
  function cut(text, n) { text = String(text); return text.length > n ? text.slice(0, n - 1) + '…' : text; }
  function short(text, n) { return plain(cut(text, n)); }
  function layout(height, more) {
    return Object.assign({
      height: height, autosize: true, showlegend: false, font: {family: 'Arial, Helvetica, sans-serif', size: 13, color: '#222'},
      paper_bgcolor: 'white', plot_bgcolor: 'white', margin: {l: 60, r: 16, t: 12, b: 48}, hovermode: 'closest', dragmode: false
    }, more);
  }
  function axis(title, more) {
    return Object.assign({title: {text: title, standoff: 8}, showline: true, linecolor: '#666', gridcolor: '#e8e8e8', zeroline: false}, more);
  }
  // the pixels that the longest of some labels needs: Plotly's own automargin draws a figure twice
  var pen = document.createElement('canvas').getContext('2d');
  function longest(labels, size) {
    pen.font = size + 'px Arial, Helvetica, sans-serif';
    return Math.ceil(Math.max.apply(null, [0].concat(labels.map(function (label) { return pen.measureText(label).width; }))));
  }
  function dose(s) { return s.dose === null ? '' : s.dose + ' ' + s.dose_unit; }
  function time(s) { return s.time === null ? '' : s.time + ' h'; }
  L.dose = dose;
  L.time = time;

  // which points are named: the most extreme whose names fit beside each other, in pixels
  function labels(points, width, height, x, y) {
    var placed = [], out = [], perSide = width < 520 ? 3 : 6, n = {left: 0, right: 0};
    var spots = points.map(function (p) { return [(p.log2fc / x + 1) / 2 * width, height * (1 - Math.abs(p.cd) / y), p]; });
    var size = function (p) { return Math.abs(p.log2fc) / x + Math.abs(p.cd) / y; };
    points.filter(function (p) { return p.concordant; }).sort(function (a, b) { return size(b) - size(a); }).slice(0, 40)
      .forEach(function (p) {
        var side = p.log2fc > 0 ? 'right' : 'left', text = p.name + ', ' + p.cell_id;
        if (n[side] >= perSide || text.length > 34) { return; }
        var px = (p.log2fc / x + 1) / 2 * width, py = height * (1 - Math.abs(p.cd) / y), w = 6.1 * text.length;
        var isInside = px < width - w - 10, box = isInside ? [px + 7, px + 7 + w] : [px - 7 - w, px - 7];
        if (box[0] < 2 || box[1] > width - 2) { return; }
        var hits = placed.some(function (o) { return box[0] < o[1] + 4 && o[0] < box[1] + 4 && Math.abs(py - o[2]) < 15; });
        var covers = spots.some(function (o) { return o[0] > box[0] - 4 && o[0] < box[1] + 4 && Math.abs(py - o[1]) < 9 && o[2] !== p; });
        if (hits || covers) { return; }
        placed.push([box[0], box[1], py]);
        n[side] += 1;
        out.push({x: p.log2fc, y: Math.abs(p.cd), text: plain(text), showarrow: false, xanchor: isInside ? 'left' : 'right',
          xshift: isInside ? 7 : -7, font: {size: 11}, bgcolor: 'rgba(255,255,255,.75)', borderpad: 0});
      });
    return out;
  }

  var F = L.figures = {};

  F.volcano = function (points, unit) {
    return function (width) {
      var x = 1.12 * Math.max.apply(null, points.map(function (p) { return Math.abs(p.log2fc); })) || 1;
      var y = 1.1 * Math.max.apply(null, points.map(function (p) { return Math.abs(p.cd); })) || 1;
      var kinds = [['signs differ', GREY, 'circle-open', function (p) { return !p.concordant; }],
        ['up', UP, 'triangle-up', function (p) { return p.concordant && p.log2fc > 0; }],
        ['down', DOWN, 'triangle-down', function (p) { return p.concordant && p.log2fc <= 0; }]];
      var data = kinds.map(function (kind) {
        var part = points.filter(kind[3]);
        return {type: 'scatter', mode: 'markers', name: kind[0], x: part.map(function (p) { return p.log2fc; }),
          y: part.map(function (p) { return Math.abs(p.cd); }),
          marker: {color: part.map(function (p) { return p.flags ? '#FFFFFF' : kind[1]; }), symbol: kind[2], size: 9, line: {width: 1.2, color: kind[1]}},
          text: part.map(function (p) {
            var more = [dose(p), time(p), p.n_treated ? L.count(p.n_treated, 'replicate') : '', p.agreement === null ? '' :
              'agreement ' + L.number(p.agreement)].filter(Boolean).join(' · ');
            return '<b>' + plain(p.name) + '</b> · ' + plain(p.cell_id) + '<br>' + plain(more) + '<br>log2FC ' + L.number(p.log2fc, 2, true) +
              ' · CD ' + L.small(p.cd) + ' · rank ' + p.rank + ' ' + (p.direction > 0 ? 'up' : 'down') +
              (p.flags ? '<br>doubtful: ' + short(p.flags, 60) : '') + (p.grade ? '<br>evidence: ' + plain(p.grade) : '');
          }), hovertemplate: '%{text}<extra></extra>'};
      });
      var high = points.length < 10 ? 260 : 440, inner = [width - 76, high - 60];
      return {data: data, layout: layout(high, {
        xaxis: axis('log2 fold change of ' + unit, {range: [-x, x], zeroline: true, zerolinecolor: '#999'}),
        yaxis: axis('|characteristic direction|', {range: [0, y]}),
        annotations: labels(points, inner[0], inner[1], x, y)})};
    };
  };

  F.consensus = function (table, words) {
    return function (width) {
      var n = width < 520 ? 6 : 12, side = function (sign) { // at most half are compounds that nobody can look up
        var unnamed = 0;
        return table.filter(function (r) { return sign * r.relative_rank > 0 && (r.has_name || (unnamed += 1) <= n / 2); }).slice(0, n);
      };
      var shown = side(1).concat(side(-1).reverse()).reverse();
      var names = shown.map(function (r) { return cut(r.label, width < 520 ? 16 : 30); }), at = shown.map(function (_, k) { return k; });
      var notes = width < 520 ? [] : [{type: 'scatter', mode: 'text', x: at.map(function () { return 1; }), y: at, text: shown.map(function (r) { return '  ' + plain(words(r)); }),
        textposition: 'middle right', textfont: {size: 11, color: '#444'}, cliponaxis: false, hoverinfo: 'skip'}];
      return {data: [{type: 'bar', orientation: 'h', y: at, x: shown.map(function (r) { return r.relative_rank; }),
        marker: {color: shown.map(function (r) { return r.relative_rank > 0 ? UP : DOWN; }), opacity: shown.map(function (r) { return r.fdr !== null && r.fdr < 0.05 ? 1 : 0.35; })},
        text: shown.map(function (r) { return plain(r.label) + '<br>' + plain(words(r)); }), textposition: 'none',
        hovertemplate: '%{text}<br>mean relative rank %{x:.2f}<extra></extra>'}].concat(notes),
        layout: layout(70 + 22 * shown.length, {margin: {l: longest(names, 13) + 10, r: width < 520 ? 16 : 170, t: 8, b: 48}, bargap: 0.25,
          xaxis: axis('mean relative rank' + (width < 520 ? '' : ': +1 first, −1 last'), {range: [-1, 1], zeroline: true, zerolinecolor: '#999'}),
          yaxis: {range: [-0.6, shown.length - 0.4], tickvals: at, ticktext: names.map(plain), ticks: ''}})};
    };
  };

  F.heat = function (heat, isOff) {
    return function (width) {
      var z = heat.perturbagen.map(function () { return heat.cell_id.map(function () { return null; }); });
      var text = z.map(function (row) { return row.map(function () { return ''; }); });
      heat.cells.forEach(function (cell) {
        z[cell[0]][cell[1]] = cell[2] / 100;
        text[cell[0]][cell[1]] = '<b>' + plain(heat.perturbagen[cell[0]]) + '</b> · ' + plain(heat.cell_id[cell[1]]) + '<br>relative rank ' +
          L.number(cell[2] / 100, 2, true) + (cell.length > 3 ? '<br>log2FC ' + L.number(cell[3], 2, true) : '');
      });
      var lines = heat.cell_id.map(function (line) {
        return isOff && isOff(line) ? '<span style="color:#999">' + plain(line) + ' (off)</span>' : plain(line);
      }), names = heat.perturbagen.map(function (name) { return cut(name, width < 520 ? 14 : 32); });
      var under = longest(heat.cell_id.map(function (line) { return isOff && isOff(line) ? line + ' (off)' : line; }), 11) + 12;
      return {data: [{type: 'heatmap', z: z, x: heat.cell_id.map(function (_, k) { return k; }), y: z.map(function (_, k) { return k; }),
        zmin: -1, zmax: 1, colorscale: SCALE, xgap: 1, ygap: 1, hoverongaps: false, text: text, hovertemplate: '%{text}<extra></extra>',
        colorbar: {thickness: 10, len: Math.min(1, 220 / (70 + 18 * z.length)), tickvals: [-1, 0, 1], ticktext: ['last', '0', 'first']},
        showscale: width > 520}],
        layout: layout(50 + under + 18 * z.length, {margin: {l: longest(names, 11) + 12, r: 16, t: 8, b: under}, plot_bgcolor: '#F0F0F0',
          xaxis: {zeroline: false, showgrid: false, tickvals: lines.map(function (_, k) { return k; }), ticktext: lines, tickangle: -90, tickfont: {size: 11}},
          yaxis: {autorange: 'reversed', zeroline: false, showgrid: false, tickvals: z.map(function (_, k) { return k; }), tickfont: {size: 11},
            ticktext: names.map(plain)}})};
    };
  };

  F.doses = function (curves) {
    var names = Array.from(new Set(curves.map(function (c) { return c.perturbagen + ', ' + c.cell_id; })));
    return function (width) {
      var columns = width > 800 ? 3 : width > 480 ? 2 : 1, rows = Math.ceil(names.length / columns), data = [];
      var ends = [].concat.apply([0], curves.map(function (c) { return c.log2fc; })), low = Math.min.apply(null, ends), high = Math.max.apply(null, ends);
      var pad = 0.08 * (high - low) || 1, out = layout(220 * rows, {margin: {l: 56, r: 12, t: 0, b: 0}, annotations: []});
      var times = Array.from(new Set(curves.map(function (c) { return c.time; })));
      names.forEach(function (name, k) {
        var col = k % columns, row = Math.floor(k / columns), id = k ? String(k + 1) : '', w = 1 / columns, h = 1 / rows; // a row is 220 pixels: 26 for its name, 50 for its axis
        var left = col * w + (col ? 0.02 : 0), right = (col + 1) * w - 0.01, top = 1 - row * h - 26 * h / 220, bottom = 1 - (row + 1) * h + 50 * h / 220;
        var mine = curves.filter(function (c) { return c.perturbagen + ', ' + c.cell_id === name; });
        out['xaxis' + id] = axis('dose, ' + mine[0].unit, {type: 'log', domain: [left, right], anchor: 'y' + id, tickfont: {size: 11},
          tickvals: mine[0].dose, title: {text: 'dose, ' + plain(mine[0].unit), standoff: 4, font: {size: 11}}});
        out['yaxis' + id] = axis(col ? '' : 'log2FC', {domain: [bottom, top], anchor: 'x' + id, range: [low - pad, high + pad], zeroline: true,
          zerolinecolor: '#999', showticklabels: !col, tickfont: {size: 11}});
        out.annotations.push({xref: 'paper', yref: 'paper', x: left, y: top, text: '<b>' + short(name, 34) + '</b>', showarrow: false,
          xanchor: 'left', yanchor: 'bottom', font: {size: 12}});
        mine.forEach(function (c) {
          var colour = COLOURS[times.indexOf(c.time) % COLOURS.length];
          data.push({type: 'scatter', mode: 'lines+markers', x: c.dose, y: c.log2fc, xaxis: 'x' + id, yaxis: 'y' + id, line: {color: colour},
            marker: {size: 7}, hovertemplate: plain(name) + ', ' + c.time + ' h<br>%{x} ' + plain(c.unit) + ': log2FC %{y:+.2f}<extra></extra>'});
        });
      });
      return {data: data, layout: out};
    };
  };
  F.timeColour = function (k) { return COLOURS[k % COLOURS.length]; };

  F.levels = function (levels) {
    var colour = {on: '#009E73', off: '#BDBDBD', unclear: '#E7C36A'};
    return function (width) {
      var rows = levels.slice().sort(function (a, b) { return b.level - a.level; }), at = rows.map(function (_, k) { return k; });
      var size = width < 520 ? 8 : 11, names = rows.map(function (r) { return cut(r.cell_id, 12); }), under = longest(names, size) + 14;
      return {data: [{type: 'bar', x: at, y: rows.map(function (r) { return Math.max(r.level, 0.03); }), marker: {color: rows.map(function (r) { return colour[r.is]; })},
        text: rows.map(function (r) { return plain(r.cell_id) + ': ' + L.number(r.level, 1) + ', ' + r.is; }), textposition: 'none', hovertemplate: '%{text}<extra></extra>'}],
        layout: layout(160 + under, {margin: {l: 56, r: 12, t: 8, b: under},
          xaxis: {tickvals: at, ticktext: names.map(plain), tickangle: -90, tickfont: {size: size}, zeroline: false, showgrid: false},
          yaxis: axis('log2(CPM+1)', {rangemode: 'tozero'})})};
    };
  };

  F.strips = function (strips, unit) { // one row a signature: its wells, and a band of what they are compared with
    return function (width) {
      var isWide = width >= 520, rows = strips.slice().reverse(), high = rows.map(function (s, k) { return k; }), shapes = [], dots = [[], []];
      var box = function (k, from, to, half, colour) {
        shapes.push({type: 'rect', layer: 'below', x0: from, x1: to, y0: k - half, y1: k + half, fillcolor: colour, line: {width: 0}});
      };
      rows.forEach(function (s, k) {
        if (s.others.length) {
          box(k, s.others[0], s.others[4], 0.3, '#EFEFEF');
          box(k, s.others[1], s.others[3], 0.3, '#D5D5D5');
        }
        [s.controls, s.treated].forEach(function (values, of) {
          values.forEach(function (x, n) { // spread, so that equal values do not hide each other
            dots[of].push([x, k + (of ? 0 : (n % 5 - 2) * 0.11), plain(s.label) + '<br>' + (of ? 'treated well ' : 'control well ') + L.number(x, 2, true), s.direction]);
          });
        });
      });
      var marks = dots.map(function (list, of) {
        return {type: 'scatter', mode: 'markers', x: list.map(function (d) { return d[0]; }), y: list.map(function (d) { return d[1]; }), text: list.map(function (d) { return d[2]; }),
          hovertemplate: '%{text}<extra></extra>', marker: of ? {size: 10, symbol: list.map(function (d) { return d[3] > 0 ? 'triangle-up' : 'triangle-down'; }),
            color: list.map(function (d) { return d[3] > 0 ? UP : DOWN; })} : {size: 6, symbol: 'circle-open', color: '#555'}};
      });
      var names = rows.map(function (s) { return cut(s.label, isWide ? 34 : 16); }), ends = rows.map(function (s) { return s.n_compared.toLocaleString('en'); });
      var notes = rows.map(function (s, k) {
        return {xref: 'paper', x: 1, y: k, xanchor: 'left', xshift: 6, showarrow: false, font: {size: 11, color: '#444'}, text: s.as_far + ' of ' + ends[k]};
      });
      return {data: marks, layout: layout(64 + 30 * rows.length, {margin: {l: longest(names, 13) + 10, r: longest(notes.map(function (n) { return n.text; }), 11) + 10, t: 8, b: 48}, shapes: shapes, annotations: notes,
        xaxis: axis('log2 change of ' + unit + (isWide ? ' in a well' : ''), {zeroline: true, zerolinecolor: '#999'}),
        yaxis: {range: [-0.6, rows.length - 0.4], tickvals: high, ticktext: names.map(plain), zeroline: false, showgrid: false}})};
    };
  };

  F.compare = function (points, first, second) {
    return function () {
      return {data: [{type: 'scatter', mode: 'markers', x: points.map(function (p) { return p.log2fc; }), y: points.map(function (p) { return p.second; }),
        marker: {size: 8, symbol: points.map(function (p) { return p.direction > 0 ? 'triangle-up' : 'triangle-down'; }),
          color: points.map(function (p) { return p.direction > 0 ? UP : DOWN; })},
        text: points.map(function (p) { return '<b>' + plain(p.name) + '</b> · ' + plain(p.cell_id); }),
        hovertemplate: '%{text}<br>' + plain(first) + ' %{x:+.2f}, ' + plain(second) + ' %{y:+.2f}<extra></extra>'}],
        layout: layout(420, {xaxis: axis('log2 fold change of ' + plain(first), {zeroline: true, zerolinecolor: '#999'}),
          yaxis: axis('log2 fold change of ' + plain(second), {zeroline: true, zerolinecolor: '#999'})})};
    };
  };
})();

(function(){
  if(window.l1kTables){return} window.l1kTables=true;
  document.addEventListener('click',function(e){
    var b=e.target.closest&&e.target.closest('.l1k-table th button'); if(!b){return}
    var th=b.parentNode,table=th.closest('table'),body=table.tBodies[0];
    var up=th.getAttribute('aria-sort')!=='ascending';
    Array.prototype.forEach.call(th.parentNode.cells,function(c){c.removeAttribute('aria-sort')});
    th.setAttribute('aria-sort',up?'ascending':'descending');
    var rows=Array.prototype.slice.call(body.rows),i=th.cellIndex;
    var key=function(r){var v=r.cells[i].getAttribute('data-v'); return v===null?r.cells[i].textContent:v};
    rows.sort(function(a,b){var x=key(a),y=key(b),m=parseFloat(x),n=parseFloat(y);
      var d=(!isNaN(m)&&!isNaN(n))?m-n:(isNaN(m)-isNaN(n)||String(x).localeCompare(String(y)));
      return up?d:-d});
    rows.forEach(function(r){body.appendChild(r)});
  });
  document.addEventListener('input',function(e){
    if(!e.target.classList||!e.target.classList.contains('l1k-find')){return}
    var box=e.target.closest('.l1k-box'),q=e.target.value.toLowerCase(),n=0,rows=box.querySelector('tbody').rows;
    Array.prototype.forEach.call(rows,function(r){
      var on=r.textContent.toLowerCase().indexOf(q)>=0; r.hidden=!on; n+=on});
    box.querySelector('.l1k-count').textContent=n+' of '+rows.length+' rows';
  });
})();

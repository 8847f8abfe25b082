// The search: finds the sections that have all words of the query, the best first. A word of the query may be the beginning of one
// in the text. `pages` is what build.py wrote: [file, anchor, title of the page, heading, text] of each section.
'use strict';

const field = document.querySelector('header input[type=search]');
const count = document.querySelector('#count');
const list = document.querySelector('#results');
const escaped = word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function score(section, words) {
  const [, , title, heading, text] = section;
  let sum = 0;
  for (const word of words) {
    const times = (text.match(word) || []).length;
    const here = 20 * (heading.match(word) ? 1 : 0) + (heading ? 5 : 25) * (title.match(word) ? 1 : 0) + Math.min(times, 5);
    if (!here) return 0;
    sum += here;
  }
  return sum;
}

// The text around the first word, with all of them marked.
function excerpt(text, words) {
  const firsts = words.map(word => text.search(word)).filter(at => at >= 0);
  const at = firsts.length ? Math.max(0, Math.min(...firsts) - 60) : 0;
  const start = at ? text.indexOf(' ', at) + 1 : 0;
  const line = document.createElement('p');
  const piece = (start ? '… ' : '') + text.slice(start, start + 200) + (start + 200 < text.length ? ' …' : '');
  const any = new RegExp(words.map(word => word.source).join('|'), 'gi');
  let end = 0;
  for (const match of piece.matchAll(any)) {
    line.append(piece.slice(end, match.index));
    line.append(Object.assign(document.createElement('mark'), {textContent: match[0]}));
    end = match.index + match[0].length;
  }
  line.append(piece.slice(end));
  return line;
}

function search() {
  const words = field.value.trim().split(/\s+/).filter(Boolean).map(word => new RegExp('(?<![\\p{L}\\p{N}])' + escaped(word), 'giu'));
  list.replaceChildren();
  if (!words.length) {
    count.textContent = 'Type one or more words.';
    return;
  }
  const found = pages.map(section => [score(section, words), section]).filter(([points]) => points);
  found.sort((a, b) => b[0] - a[0]);
  count.textContent = found.length === 1 ? '1 section' : `${found.length} sections` + (found.length > 50 ? ', the best 50 of them' : '');
  for (const [, [file, anchor, title, heading, text]] of found.slice(0, 50)) {
    const item = document.createElement('li');
    const link = Object.assign(document.createElement('a'), {href: file + (anchor ? '#' + anchor : ''), textContent: heading || title});
    item.append(link);
    if (heading) item.append(Object.assign(document.createElement('small'), {textContent: title}));
    item.append(excerpt(text, words));
    list.append(item);
  }
}

field.value = new URLSearchParams(location.search).get('q') || '';
field.addEventListener('input', () => {
  history.replaceState(null, '', '?q=' + encodeURIComponent(field.value));
  search();
});
if (!field.value) field.focus();
search();

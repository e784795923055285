'use strict';
// Makes the lists sortable and filterable. Without it they are plain tables: nothing is shown by script alone but the rows
// behind the first ones of a long list. All text goes through textContent: nothing of a capture is ever parsed as HTML.
document.documentElement.classList.add('js');

const PER_PAGE = 200;
const ON_PAPER = 1000;

const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

const mark = (outcome) => {
  const space = 'http://www.w3.org/2000/svg';
  const drawing = document.createElementNS(space, 'svg');
  drawing.setAttribute('class', 'mark');
  drawing.setAttribute('viewBox', '0 0 10 10');
  drawing.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', '#m-' + outcome);
  drawing.append(use);
  return drawing;
};

// A rung is [side, time, what, detail]; the side says where the arrow points.
const rung = ([side, at, what, detail], pool) => {
  const way = element('span', 'way', element('span', 'what', pool[what]));
  if (!side.startsWith('gap')) {
    const receiver = side === 'right' ? 'to the server: ' : 'to the client: ';
    way.prepend(element('span', 'heard', receiver));
    way.append(element('span', 'head'));
  }
  const item = element('li', side, element('span', 'at', at), way);
  if (detail !== null) item.append(element('span', 'detail', pool[detail]));
  return item;
};

const story = ([filter, again, facts, rungs], client, server, pool) => {
  const ends = element('span', 'ends', element('span', '', client), element('span', '', server));
  const ladder = element('ol', 'ladder', element('li', '', element('span', 'at'), ends));
  ladder.append(...rungs.map((one) => rung(one, pool)));
  const parts = [ladder];
  if (facts.length) parts.push(element('ul', '', ...facts.map((fact) => element('li', '', pool[fact]))));
  parts.push(element('p', '', 'In Wireshark: ', element('code', '', filter)));
  parts.push(element('p', '', 'With tcpdump, when it happens again: ', element('code', '', pool[again])));
  return element('div', 'story', ...parts);
};

// An attempt is named by its first packet; the number of the source stands above 2 to the 40th.
const named = (id) => (id < 2 ** 40 ? String(id) : Math.floor(id / 2 ** 40) + ':' + (id % 2 ** 40));

const linkTo = (id) => {
  const link = element('a', 'self', named(id));
  link.href = '#attempt-' + named(id);
  link.title = 'Link to this attempt';
  return link;
};

// The rows that are not in the page as HTML: [id, time, client, server, outcome, answer, why, story].
const rowOfData = (values, data, labels) => {
  const [id, time, client, server, outcome, answer, why, told] = values;
  const cell = (index, className, ...children) => {
    const made = element('td', className, ...children);
    made.dataset.label = labels[index];
    made.setAttribute('role', 'cell');
    return made;
  };
  const [name, shown] = data.outcomes[outcome];
  const row = element('tr');
  row.id = 'attempt-' + named(id);
  row.setAttribute('role', 'row');
  let reason = data.whys[why];
  if (told) {
    const fold = element('details', '', element('summary', '', reason));
    fold.addEventListener('toggle', () => {
      if (fold.children.length < 2) fold.append(story(told, data.clients[client], data.servers[server], data.pool));
    });
    reason = fold;
  }
  row.append(
    cell(0, 'n plain', linkTo(id)), cell(1, 't plain', time), cell(2, 'plain', data.clients[client]),
    cell(3, 'to', data.servers[server]), cell(4, 'plain outcome ' + name, mark(name), shown),
    cell(5, answer ? 'n' : 'n empty', data.answers[answer]), cell(6, 'wide plain', reason));
  return row;
};

const recordsOfRows = (body) => [...body.rows].map((row) => ({
  id: row.id,
  row: () => row,
  keys: [...row.cells].map((cell) => Number(cell.dataset.key)),
  outcome: row.dataset.outcome,
  text: [...row.cells].map((cell) => (cell.querySelector('summary') ?? cell).textContent).join(' ').toLowerCase(),
}));

const recordsOfData = (data, labels) => data.rows.map((values, index) => {
  const [id, time, client, server, outcome, answer, why] = values;
  let row = null;
  let text = null;
  return {
    id: 'attempt-' + named(id),
    row: () => (row ??= rowOfData(values, data, labels)),
    keys: [id, data.first + index, client, server, outcome, answer, why],
    outcome: data.outcomes[outcome][0],
    get text() {
      text ??= [named(id), time, data.clients[client], data.servers[server], data.outcomes[outcome][1], data.whys[why]]
        .join(' ').toLowerCase();
      return text;
    },
  };
});

const isMeant = (record, wanted) => {
  if (!wanted) return true;
  if (wanted === 'failed') return !['established', 'pending', 'partial'].includes(record.outcome);
  return record.outcome === wanted;
};

const enhance = (list) => {
  const table = list.querySelector('table');
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const words = list.querySelector('input');
  const outcome = list.querySelector('select');
  const status = list.querySelector('[role=status]');
  const [back, on] = list.querySelectorAll('.pages button');
  const place = list.querySelector('.pages span');
  const records = recordsOfRows(body);
  const more = list.querySelector('script');
  if (more) records.push(...recordsOfData(JSON.parse(more.textContent), heads.map((head) => head.textContent)));
  const number = new Intl.NumberFormat('en');
  let shown = records;
  let start = 0;

  const show = (from, count = PER_PAGE) => {
    start = Math.max(0, Math.min(from, shown.length - 1));
    start -= start % PER_PAGE;
    const end = Math.min(start + count, shown.length);
    body.replaceChildren(...shown.slice(start, end).map((record) => record.row()));
    list.querySelector('.pages').hidden = shown.length <= PER_PAGE;
    place.textContent = `${number.format(start + 1)} to ${number.format(end)} of ${number.format(shown.length)}`;
    back.disabled = start === 0;
    on.disabled = end >= shown.length;
  };
  const filter = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = records.filter((record) =>
      isMeant(record, outcome?.value) && asked.every((word) => record.text.includes(word)));
    status.textContent = `${number.format(shown.length)} of ${number.format(records.length)} rows`;
    show(0);
  };
  const sort = (column) => {
    const descending = heads[column].getAttribute('aria-sort') === 'ascending';
    heads.forEach((head) => head.setAttribute('aria-sort', 'none'));
    heads[column].setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const sign = descending ? -1 : 1;
    records.sort((a, b) => sign * (a.keys[column] - b.keys[column]));
    filter();
  };
  if (records.length > 1) heads.forEach((head, column) => {
    const button = element('button', '', ...head.childNodes);
    button.type = 'button';
    button.addEventListener('click', () => sort(column));
    head.append(button);
  });
  let waiting = 0;
  words.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  outcome?.addEventListener('change', filter);
  const turn = (pages) => {
    show(start + pages * PER_PAGE);
    table.scrollIntoView();
  };
  back.addEventListener('click', () => turn(-1));
  on.addEventListener('click', () => turn(1));
  list.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  list.querySelector('form').hidden = records.length < 2;
  addEventListener('beforeprint', () => show(start, ON_PAPER));
  addEventListener('afterprint', () => show(start));
  filter();

  // A link to an attempt leads to its row, on whichever page that is, and unfolds it.
  return (id) => {
    const is = (record) => record.id === id;
    if (!records.some(is)) return;
    if (!shown.some(is)) {
      words.value = '';
      if (outcome) outcome.value = '';
      filter();
    }
    show(shown.findIndex(is));
    const row = document.getElementById(id);
    const fold = row?.querySelector('details');
    if (fold) fold.open = true;
    row?.scrollIntoView({ block: 'center' });
  };
};

const finders = [...document.querySelectorAll('.list')].map(enhance);

// What is unfolded on paper: browsers that know ::details-content do so by style alone.
let unfolded = [];
addEventListener('beforeprint', () => {
  unfolded = [...document.querySelectorAll('details.paper:not([open])')];
  unfolded.forEach((fold) => { fold.open = true; });
});
addEventListener('afterprint', () => unfolded.splice(0).forEach((fold) => { fold.open = false; }));

const follow = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  if (id.startsWith('attempt-')) finders.forEach((find) => find(id));
  const fold = id.startsWith('finding-') && document.getElementById(id);
  if (fold && 'open' in fold) fold.open = true;
};
addEventListener('hashchange', follow);
document.addEventListener('click', (event) => {
  if (event.target.closest?.('a')?.hash === location.hash) follow();
});
follow();

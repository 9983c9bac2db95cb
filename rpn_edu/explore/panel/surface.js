// Formula, picture and readout of an explorer. One <img> stays for ever: what changes is its bytes, so that nothing blinks or jumps.
const STEP = 20;  // pixels: while a window is dragged, a picture is laid out anew for every so many
const PATIENCE = 4000;  // milliseconds: an idle kernel that has not answered by then does not know this explorer
const GONE = 'No kernel listens any more: what you move here changes nothing. Run this cell again.';

export default { render({ model, el }) {
  el.classList.add('rpn-surface');
  const part = (name, kind = 'div', inside = el) => {
    const made = inside.appendChild(document.createElement(kind));
    made.className = `rpn-${name}`;
    return made;
  };
  const top = part('top'), above = part('above', 'div', top), large = part('large', 'button', top);
  const stage = part('stage'), picture = part('picture', 'img', stage), below = part('below'), tip = part('tip', 'div', stage);
  const line = part('gone');
  line.setAttribute('role', 'status');
  tip.hidden = true;

  // ---- tables of numbers: the one under the pointer, or under the arrow keys, says its number -------------------------------------

  const number = value => Number.isNaN(value) ? 'no number' : String(Number(value.toPrecision(4)));
  const grids = () => {
    const bytes = model.get('values'), values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    let start = 0;
    return model.get('grids').map(([left, above, right, under, title, rows, columns]) => {
      const mine = values.subarray(start, start += rows * columns);
      const said = (row, column) => {
        const place = [rows > 1 && `row ${row + 1}`, columns > 1 && `column ${column + 1}`].filter(Boolean).join(', ');
        return `${place || title}: ${number(mine[row * columns + column])}`;
      };
      const box = (row, column) => ({
        left: left + (right - left) * column / columns, top: above + (under - above) * row / rows,
        width: (right - left) / columns, height: (under - above) / rows,
      });
      const cell = (x, y) => {
        const column = Math.floor((x - left) / (right - left) * columns), row = Math.floor((y - above) / (under - above) * rows);
        return row >= 0 && row < rows && column >= 0 && column < columns && [row, column];
      };
      return { title, rows, columns, said, box, cell };
    });
  };
  const at = event => {
    const box = picture.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const percent = share => `${100 * share}%`;
  const tell = (text, x, y) => {
    tip.hidden = !text;
    tip.textContent = text;
    Object.assign(tip.style, { top: percent(y), ...(x > .6 ? { right: percent(1 - x), left: 'auto' } : { left: percent(x), right: 'auto' }) });
  };
  stage.addEventListener('pointermove', event => {
    if (event.buttons) return tell('');
    const [x, y] = at(event);
    for (const grid of tables.toReversed()) {
      const found = grid.cell(x, y);
      if (found) return tell(grid.said(...found), x, y);
    }
    tell('');
  });
  stage.addEventListener('pointerleave', () => tell(''));

  // ---- what can be moved, and what can be read, by pointer and by key: one stop of Tab for all, Page Up and Page Down go round --------

  const known = new Map(), steps = {};
  let tables = [], order = [];
  const spot = (key, kind, keys) => {
    if (known.has(key)) return known.get(key);
    const made = part(kind, 'div', stage);
    made.setAttribute('role', 'slider');
    made.setAttribute('data-lm-suppress-shortcuts', 'true');  // else arrows are Notebook 7's: they leave the cell
    made.tabIndex = -1;
    made.addEventListener('keydown', event => {
      const turn = { PageDown: 1, PageUp: -1 }[event.key];
      const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (turn) order[(order.indexOf(made) + turn + order.length) % order.length].focus();
      else if (!(way || event.key === 'Enter' || event.key === ' ') || !keys(made, way)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    made.addEventListener('focus', () => order.forEach(one => { one.tabIndex = one === made ? 0 : -1; }));
    known.set(key, made);
    return made;
  };
  const said = (made, name, text) => {
    made.setAttribute('aria-label', name);
    made.setAttribute('aria-valuetext', text);
    made.setAttribute('aria-valuenow', '0');  // what it stands for is no single number: the text says it
  };
  const touch = (...what) => { model.set('touch', what); model.save_changes(); };

  const table = (index, grid) => {
    const made = spot(`table ${index}`, 'table', (made, way) => {
      if (!way) return false;
      const { grid, cell: [row, column] } = made;
      const inside = (value, count) => Math.min(Math.max(value, 0), count - 1);
      made.cell = [inside(row - way[1], grid.rows), inside(column + way[0], grid.columns)];
      place(made);
      const box = made.grid.box(...made.cell);
      tell(made.grid.said(...made.cell), box.left + box.width, box.top);
      return true;
    });
    const place = made => {
      const box = made.grid.box(...made.cell);
      for (const side of ['left', 'top', 'width', 'height']) made.style[side] = percent(box[side]);
      said(made, `${made.grid.title}, a table of numbers`, made.grid.said(...made.cell));
    };
    made.grid = grid;
    made.cell = (made.cell ?? [0, 0]).map((value, axis) => Math.min(value, (axis ? grid.columns : grid.rows) - 1));
    made.onblur = () => tell('');
    place(made);
    return made;
  };

  const handle = ([name, across, down, text, ways]) => {
    const made = spot(`handle ${name}`, 'handle', (made, way) => {
      if (!made.ways || !way) {
        if (made.ways || way) return false;
        touch(name, 'to', ...made.place, performance.now());
        return true;
      }
      const count = steps[name] ??= [0, 0], [right, up] = way, along = made.ways === 'x' ? [right + up, 0] : made.ways === 'y' ? [0, right + up] : way;
      steps[name] = [count[0] + along[0], count[1] + along[1]];
      touch(name, 'keys', ...steps[name]);
      return true;
    });
    if (!made.onpointerdown) {
      const drag = event => touch(name, 'to', ...at(event), performance.now());
      made.onpointerdown = event => { made.focus(); made.setPointerCapture(event.pointerId); if (!made.ways) drag(event); event.preventDefault(); };
      made.onpointermove = event => { if (made.ways && made.hasPointerCapture(event.pointerId)) drag(event); };
    }
    Object.assign(made, { ways, place: [across, down] });
    made.dataset.ways = ways;
    Object.assign(made.style, { left: percent(across), top: percent(down) });
    said(made, ways ? `move ${name} in the picture` : `choose ${name} in the picture`, text);
    return made;
  };

  const spots = () => {
    tables = grids();
    order = [...model.get('handles').map(handle), ...tables.map((grid, index) => table(index, grid))];
    for (const [key, made] of known) if (!order.includes(made)) { made.remove(); known.delete(key); }
    if (!order.some(one => one.tabIndex === 0) && order.length) order[0].tabIndex = 0;
  };

  const show = () => {
    above.innerHTML = model.get('above');
    below.innerHTML = model.get('below');
    const bytes = model.get('picture');
    stage.hidden = !bytes.byteLength;
    if (stage.hidden) return;
    let letters = '';
    for (const byte of new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)) letters += String.fromCharCode(byte);
    const [wide, high] = model.get('size');
    Object.assign(picture, { width: wide, height: high, alt: model.get('alt') });
    picture.style.setProperty('--rpn-ratio', wide / high);
    picture.style.opacity = model.get('dim') ? .35 : 1;
    spots();
    picture.src = `data:image/png;base64,${btoa(letters)}`;  // it can be saved and copied like any other
  };
  model.on('change:answered', show);  // every answer counts itself, and then all of it has come
  show();

  // How wide a picture may be here, and how sharp: the screen may hold two or three pixels where CSS counts one.
  const look = () => {
    const room = el.clientWidth, natural = model.get('natural');
    if (!room) return;
    const wide = room < natural ? Math.max(STEP, STEP * Math.floor(room / STEP)) : natural;
    const pixels = (picture.clientWidth || wide) * devicePixelRatio / model.get('size')[0];
    const view = [wide, Math.min(3, Math.max(1, Math.ceil(pixels - .05)))];
    if (String(view) === String(model.get('view'))) return;
    model.set('view', view);
    model.save_changes();
  };
  const watch = new ResizeObserver(look);
  watch.observe(el);
  watch.observe(picture);
  addEventListener('resize', look);

  // For a projector: the explorer alone on the whole screen, and its sliders with it.
  const whole = () => document.fullscreenElement?.contains(el);
  const named = () => { large.textContent = whole() ? 'Small' : 'Large'; };
  large.type = 'button';
  large.title = 'show this explorer on the whole screen, and back';
  large.onclick = () => whole() ? document.exitFullscreen()
    : el.closest('.rpn-explorer').requestFullscreen().catch(() => { large.textContent = 'This page cannot fill the screen'; });
  document.addEventListener('fullscreenchange', named);
  named();

  // A kernel that has ended cannot say so. The front end may know it (a promise of none: hence the ?.); else a hand that moves asks.
  const gone = is => { line.textContent = is ? GONE : ''; };
  const kernel = model.widget_manager?.kernel;
  const status = () => { if (kernel.isDisposed || /restarting|dead|unknown|terminating/.test(kernel.status)) gone(true); };
  kernel?.statusChanged?.connect(status);
  kernel?.disposed?.connect(status);
  let waits = 0;
  const ask = event => {
    if (waits || !el.closest('.rpn-explorer')?.contains(event.target)) return;
    waits = setTimeout(() => { waits = 0; if (kernel?.status !== 'busy') gone(true); }, PATIENCE);
    model.set('asked', performance.now());
    model.save_changes();
  };
  model.on('change:heard', () => { clearTimeout(waits); waits = 0; gone(false); });
  for (const moved of ['pointerup', 'keyup']) addEventListener(moved, ask, true);

  return () => {
    clearTimeout(waits);
    for (const moved of ['pointerup', 'keyup']) removeEventListener(moved, ask, true);
    kernel?.statusChanged?.disconnect(status);
    kernel?.disposed?.disconnect(status);
    watch.disconnect();
    removeEventListener('resize', look);
    document.removeEventListener('fullscreenchange', named);
  };
} };

// What can be moved in a picture, and what can be read: elements over it, for pointer, finger and keys. All of them are one stop of Tab;
// Page Up and Page Down go from one to the next.
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const percent = share => `${100 * share}%`;

class Spots {
  constructor(model, stage, picture, tip) {
    Object.assign(this, { model, stage, picture, tip, known: new Map(), order: [], tables: [], keyed: {} });
    this.view = String(Math.random());  // steps of keys are counted for each page that shows this explorer
    stage.addEventListener('pointermove', event => this.hover(event));
    stage.addEventListener('pointerleave', () => this.tell(''));
  }

  update() {
    this.tables = tablesOf(this.model);
    this.order = [...this.model.get('handles').map(row => this.handle(...row)), ...this.tables.map((table, index) => this.table(table, index))];
    for (const [key, made] of this.known) if (!this.order.includes(made)) { made.remove(); this.known.delete(key); }
    if (this.order.length && !this.order.some(one => one.tabIndex === 0)) this.order[0].tabIndex = 0;
  }

  // ---- a place -----------------------------------------------------------------------------------------------------------------

  place(event) {
    const box = this.picture.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  tell(text, across = 0, down = 0) {
    this.tip.hidden = !text;
    this.tip.textContent = text;
    const side = across > .6 ? { right: percent(1 - across), left: 'auto' } : { left: percent(across), right: 'auto' };  // inside the picture
    Object.assign(this.tip.style, { top: percent(down), ...side });
  }

  hover(event) {
    const [across, down] = this.place(event);
    const found = event.buttons ? null : this.tables.findLast(table => table.at(across, down));
    this.tell(found ? found.said(...found.at(across, down)) : '', across, down);
  }

  // ---- a spot --------------------------------------------------------------------------------------------------------------------

  spot(key, kind, pressed) {
    if (this.known.has(key)) return this.known.get(key);
    const made = this.stage.appendChild(document.createElement('div'));
    made.className = `rpn-${kind}`;
    made.setAttribute('role', 'slider');
    made.setAttribute('aria-valuenow', '0');  // what it stands for is no single number: its text says it
    made.setAttribute('data-lm-suppress-shortcuts', 'true');  // else arrows are Notebook 7's: they leave the cell
    made.tabIndex = -1;
    made.addEventListener('focus', () => this.order.forEach(one => { one.tabIndex = one === made ? 0 : -1; }));
    made.addEventListener('keydown', event => {
      const turn = { PageDown: 1, PageUp: -1 }[event.key], { order } = this;
      if (turn) order[(order.indexOf(made) + turn + order.length) % order.length].focus();
      else if (!(event.key in WAYS || 'Enter '.includes(event.key)) || !pressed(WAYS[event.key])) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.known.set(key, made);
    return made;
  }

  named(made, name, text) {
    made.setAttribute('aria-label', name);
    made.setAttribute('aria-valuetext', text);
  }

  table(table, index) {
    const made = this.spot(`table ${index}`, 'table', way => {
      if (!way) return false;
      this.reach(made, made.cell[0] - way[1], made.cell[1] + way[0]);
      const box = made.table.box(...made.cell);
      this.tell(made.table.said(...made.cell), box.left + box.width, box.top);
      return true;
    });
    made.onblur = () => this.tell('');
    made.table = table;
    this.reach(made, ...(made.cell ?? [0, 0]));
    return made;
  }

  reach(made, row, column) {
    made.cell = made.table.within(row, column);
    const box = made.table.box(...made.cell);
    for (const side of ['left', 'top', 'width', 'height']) made.style[side] = percent(box[side]);
    this.named(made, `${made.table.title}, a table of numbers`, made.table.said(...made.cell));
  }

  handle(name, across, down, text, ways) {
    const made = this.spot(`handle ${name}`, 'handle', way => ways ? way && this.step(name, ways, way) : !way && this.touch(name, 'to', across, down));
    const drag = event => this.touch(name, 'to', ...this.place(event));
    made.onpointerdown = event => {
      made.focus();
      made.setPointerCapture(event.pointerId);
      event.preventDefault();
      if (!ways) drag(event);
    };
    made.onpointermove = event => { if (ways && made.hasPointerCapture(event.pointerId)) drag(event); };
    made.dataset.ways = ways;
    Object.assign(made.style, { left: percent(across), top: percent(down) });
    this.named(made, `${ways ? 'move' : 'choose'} ${name} in the picture`, text);
    return made;
  }

  step(name, ways, [right, up]) {
    const before = this.keyed[name] ?? [0, 0], along = { x: [right + up, 0], y: [0, right + up], xy: [right, up] }[ways];
    this.keyed[name] = before.map((count, axis) => count + along[axis]);
    return this.touch(name, 'keys', ...this.keyed[name]);
  }

  // The last one wins: what an ended message has not taken along goes with the next.
  touch(name, how, right, up) {
    this.model.set('touch', [name, how, right, up, how === 'keys' ? this.view : String(performance.now())]);
    this.model.save_changes();
    return true;
  }
}

// Tables of numbers in a picture: where their cells lie, and what each says. Places are shares of the picture, from the left and from above.
const number = value => {
  if (Number.isFinite(value)) return String(Number(value.toPrecision(4)));
  return Number.isNaN(value) ? 'no number' : value > 0 ? 'above 3e38' : 'below -3e38';
};

class Table {
  constructor([left, above, right, under, title, rows, columns], values) {
    Object.assign(this, { left, above, title, rows, columns, values, wide: (right - left) / columns, high: (under - above) / rows });
  }

  said(row, column) {
    const place = [this.rows > 1 && `row ${row + 1}`, this.columns > 1 && `column ${column + 1}`].filter(Boolean).join(', ');
    return `${place || this.title}: ${number(this.values[row * this.columns + column])}`;
  }

  box(row, column) {
    return { left: this.left + column * this.wide, top: this.above + row * this.high, width: this.wide, height: this.high };
  }

  within(row, column) {
    const inside = (value, count) => Math.min(Math.max(value, 0), count - 1);
    return [inside(row, this.rows), inside(column, this.columns)];
  }

  at(across, down) {
    const row = Math.floor((down - this.above) / this.high), column = Math.floor((across - this.left) / this.wide);
    return row >= 0 && row < this.rows && column >= 0 && column < this.columns ? [row, column] : null;
  }
}

const tablesOf = model => {
  const bytes = model.get('values'), values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let start = 0;
  return model.get('grids').map(grid => new Table(grid, values.subarray(start, start += grid[5] * grid[6])));
};

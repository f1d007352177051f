/** The last outcomes by cursor, a bounded number: recognises a message that comes again. */
export class Recent {
  #limit;
  #outcomes = new Map();

  constructor(limit) {
    this.#limit = limit;
  }

  add(cursor, outcome) {
    this.#outcomes.set(cursor, outcome);
    if (this.#outcomes.size > this.#limit) this.#outcomes.delete(this.#outcomes.keys().next().value);
  }

  get(cursor) {
    return this.#outcomes.get(cursor);
  }
}
